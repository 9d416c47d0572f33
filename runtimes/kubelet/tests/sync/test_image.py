"""Pull policies and what goes wrong with images."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from runtimes.core import errors
from runtimes.core.pod.backoff import Backoff
from runtimes.core.pod.status import RegistryAuth
from runtimes.core.pod.sync import Reason
from runtimes.kubelet.events import Event, EventReason
from runtimes.kubelet.generate.security import ImageFacts
from runtimes.kubelet.sync.image import ImageWants, ensure_image, pull_policy
from runtimes.kubelet.sync.pull_secrets import matching, pull_with
from runtimes.kubelet.sync.steps import StepFailed
from runtimes.kubelet.tests.builders import container, pod


@dataclass
class Store:
    """Images by name; what can be pulled appears under its reference."""

    here: dict[str, ImageFacts] = field(default_factory=dict)
    pullable: dict[str, str] = field(default_factory=dict)
    error: errors.Error | None = None
    find_error: errors.Error | None = None
    pulls: list[str] = field(default_factory=list)

    def find_image(self, image: str) -> ImageFacts | None:
        if self.find_error is not None:
            raise self.find_error
        return self.here.get(image)

    def pull_image(self, image: str) -> str:
        self.pulls.append(image)
        if self.error is not None:
            raise self.error
        reference = self.pullable[image]
        self.here[reference] = ImageFacts(reference, 1000)
        return reference


@dataclass
class Setup:
    now: float = 1000.0
    events: list[Event] = field(default_factory=list)
    backoff: Backoff = field(init=False)

    def __post_init__(self) -> None:
        self.backoff = Backoff(clock=lambda: self.now)

    def ensure(self, store: Store, policy: str = "", image: str = "app:v1") -> ImageFacts:
        wants = ImageWants(pod(), self.backoff, self.events.append)
        return ensure_image(container(image=image, image_pull_policy=policy), store, wants)

    def failure(self, store: Store, policy: str = "", image: str = "app:v1") -> StepFailed:
        with pytest.raises(StepFailed) as caught:
            self.ensure(store, policy, image)
        return caught.value

    @property
    def told(self) -> list[EventReason]:
        return [event.reason for event in self.events]


@pytest.mark.parametrize(
    ("image", "given", "expected"),
    [
        ("app", "", "Always"),
        ("app:latest", "", "Always"),
        ("app:v1", "", "IfNotPresent"),
        ("app@sha256:" + "a" * 64, "", "IfNotPresent"),
        ("app", "Never", "Never"),
    ],
)
def test_the_tag_decides_where_no_policy_is_given(image: str, given: str, expected: str) -> None:
    assert pull_policy(image, given) == expected


HERE = ImageFacts("sha256:1", 0)


@pytest.mark.parametrize(
    ("policy", "present", "pulled"),
    [
        ("IfNotPresent", True, False),
        ("IfNotPresent", False, True),
        ("Always", True, True),
        ("Always", False, True),
        ("Never", True, False),
    ],
)
def test_the_policy_says_when_to_pull(policy: str, present: bool, pulled: bool) -> None:
    store = Store({"app:v1": HERE} if present else {}, {"app:v1": "sha256:2"})

    facts = Setup().ensure(store, policy)

    assert bool(store.pulls) is pulled
    assert facts.ref == ("sha256:2" if pulled else "sha256:1")


def test_latest_is_added_and_nothing_else() -> None:
    store = Store({}, {"app:latest": "sha256:2"})

    Setup().ensure(store, "IfNotPresent", "app")

    assert store.pulls == ["app:latest"]


def test_an_absent_image_that_may_not_be_pulled_is_refused() -> None:
    setup = Setup()

    failure = setup.failure(Store(), "Never")

    assert failure.reason is Reason.ERR_IMAGE_NEVER_PULL
    assert setup.told == [EventReason.ERR_IMAGE_NEVER_PULL]


def test_a_bad_name_is_told_before_anything_is_asked() -> None:
    setup = Setup()

    failure = setup.failure(Store(find_error=errors.Internal("asked")), image="app:bad:tag")

    assert failure.reason is Reason.INVALID_IMAGE_NAME
    assert setup.told == [EventReason.INSPECT_FAILED]


def test_a_failed_look_is_told() -> None:
    failure = Setup().failure(Store(find_error=errors.Unavailable("engine down")))

    assert failure.reason is Reason.IMAGE_INSPECT_ERROR
    assert "engine down" in str(failure)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (errors.ImageNotFound("no such image"), Reason.ERR_IMAGE_PULL),
        (errors.Unauthenticated("credentials"), Reason.ERR_IMAGE_PULL),
        (errors.RegistryUnavailable("connection refused"), Reason.REGISTRY_UNAVAILABLE),
    ],
)
def test_a_failed_pull_is_told_with_the_engines_words(error: errors.Error, reason: Reason) -> None:
    failure = Setup().failure(Store(error=error))

    assert failure.reason is reason
    assert str(error) in str(failure)


def test_failed_pulls_wait_longer_each_time() -> None:
    setup = Setup()
    store = Store(error=errors.ImageNotFound("no"))
    waits = []

    for _ in range(4):
        setup.failure(store)
        held_back = setup.failure(store)
        assert held_back.reason is Reason.IMAGE_PULL_BACK_OFF
        waits.append(held_back.retry_after)
        setup.now += held_back.retry_after or 0.0

    assert waits == [10.0, 20.0, 40.0, 80.0]
    assert len(store.pulls) == 4


def auth(server: str) -> RegistryAuth:
    return RegistryAuth(username="u", password=server, server_address=server)


@pytest.mark.parametrize(
    ("server", "image", "covers"),
    [
        ("", "anything/x", True),
        ("https://index.docker.io/v1/", "busybox", True),
        ("docker.io", "busybox:1", True),
        ("quay.io", "quay.io/org/app", True),
        ("quay.io/org", "quay.io/org/app", True),
        ("quay.io/or", "quay.io/org/app", False),
        ("quay.io/org", "quay.io/other/app", False),
        ("*.example.org", "reg.example.org/app", True),
        ("*.example.org", "a.b.example.org/app", False),
        ("localhost:5000", "localhost:5000/app", True),
        ("localhost:5001", "localhost:5000/app", False),
    ],
)
def test_a_credential_covers_what_its_address_names(server: str, image: str, covers: bool) -> None:
    assert bool(matching(image, [auth(server)])) is covers


def test_credentials_are_tried_in_turn_the_most_specific_first() -> None:
    tried: list[str | None] = []

    def pull(credential: RegistryAuth | None) -> str:
        tried.append(credential.server_address if credential else None)
        if len(tried) == 1:
            raise errors.Unauthenticated("no")
        return "ref"

    auths = [auth("quay.io"), auth("docker.io"), auth("quay.io/org")]

    assert pull_with("quay.io/org/app", auths, pull) == "ref"
    assert tried == ["quay.io/org", "quay.io"]


def test_without_credentials_the_pull_is_anonymous_once() -> None:
    tried: list[RegistryAuth | None] = []

    def pull(credential: RegistryAuth | None) -> str:
        tried.append(credential)
        raise errors.Unauthenticated("no")

    with pytest.raises(errors.Unauthenticated, match=r"^no$"):
        pull_with("quay.io/app", [auth("docker.io")], pull)

    assert tried == [None]


def test_all_refusals_are_told_and_the_last_ones_kind_is_kept() -> None:
    answers = iter([errors.Unauthenticated("first"), errors.ImageNotFound("second")])

    def pull(credential: RegistryAuth | None) -> str:
        raise next(answers)

    with pytest.raises(errors.ImageNotFound, match="first; second"):
        pull_with("quay.io/app", [auth("quay.io"), auth("")], pull)
