"""PullImage against a scripted registry's worth of messages."""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING

import pytest

from runtimes.core import deadline, errors, progress
from runtimes.docker_legacy.image.pull_messages import Tracker

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.docker_legacy.client import DockerClient
    from runtimes.docker_legacy.tests.conftest import Exchange, ScriptedEngine

PULL = "POST /images/create"
NAME = "docker.io/library/app:1"


@pytest.fixture(autouse=True)
def arrived(scripted: ScriptedEngine) -> None:
    image = {"Id": "sha256:" + "a" * 64, "RepoTags": ["app:1", "app:latest"]}
    for reference in ("app:1", "app"):
        scripted.replies(f"GET /images/{reference}/json", 200, image)


def says(*steps: dict[str, object] | float) -> Callable[[Exchange], None]:
    """Send messages, with pauses in seconds between them."""

    def handler(exchange: Exchange) -> None:
        exchange.begin_chunks()
        for step in steps:
            if isinstance(step, dict):
                exchange.message(**step)
            else:
                time.sleep(step)
        exchange.end_chunks()

    return handler


def layer(status: str, done: int = 0, total: int = 0) -> dict[str, object]:
    return {"id": "aaa", "status": status, "progressDetail": {"current": done, "total": total}}


def test_pull_tells_its_progress(scripted: ScriptedEngine, docker: DockerClient) -> None:
    scripted.on(
        PULL,
        says(
            {"status": "Pulling from library/app", "id": "1"},
            layer("Pulling fs layer"),
            layer("Downloading", 5, 10),
            layer("Download complete"),
            layer("Extracting", 10, 10),
            layer("Pull complete"),
            {"id": "bbb", "status": "Already exists"},
            {"status": "Digest: sha256:abc"},
        ),
    )
    heard: list[progress.Progress] = []

    with progress.listen(heard.append):
        docker.pull_image("app:1")

    assert heard == [
        progress.Progress(NAME, "resolving"),
        progress.Progress("aaa", "resolving"),
        progress.Progress("aaa", "downloading", 5, 10),
        progress.Progress("aaa", "downloading"),
        progress.Progress("aaa", "unpacking", 10, 10),
        progress.Progress("aaa", "done"),
        progress.Progress("bbb", "exists"),
        progress.Progress(NAME, "done"),
    ]


@pytest.mark.parametrize(("image", "tag"), [("app:1", "1"), ("app", "latest")])
def test_pull_always_asks_for_one_tag(
    scripted: ScriptedEngine, docker: DockerClient, image: str, tag: str
) -> None:
    scripted.on(PULL, says())

    docker.pull_image(image)

    assert scripted.last(PULL).query == {"fromImage": "docker.io/library/app", "tag": tag}


def test_pull_sends_credentials_and_none_of_them_in_messages(
    scripted: ScriptedEngine, docker: DockerClient
) -> None:
    scripted.replies(PULL, 401, {"message": "unauthorized"})

    with pytest.raises(errors.Unauthenticated) as caught:
        docker.pull_image("app:1", {"username": "me", "password": "s3cret?>"})

    sent = scripted.last(PULL).headers["x-registry-auth"]
    assert json.loads(base64.urlsafe_b64decode(sent)) == {"username": "me", "password": "s3cret?>"}
    assert "s3cret" not in str(caught.value)


def test_pull_without_credentials_sends_none(
    scripted: ScriptedEngine, docker: DockerClient
) -> None:
    scripted.on(PULL, says())

    docker.pull_image("app:1")

    assert "x-registry-auth" not in scripted.last(PULL).headers


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.InvalidArgument),
        (401, errors.Unauthenticated),
        (403, errors.Unauthenticated),
        (404, errors.ImageNotFound),
        (500, errors.RegistryUnavailable),
        (503, errors.RegistryUnavailable),
    ],
)
def test_pull_that_is_refused_says_why_by_its_status(
    scripted: ScriptedEngine, docker: DockerClient, status: int, kind: type[errors.Error]
) -> None:
    scripted.replies(PULL, status, {"message": "because"})

    with pytest.raises(kind, match="because") as caught:
        docker.pull_image("app:1")

    assert type(caught.value) is kind


@pytest.mark.parametrize(
    ("detail", "kind"),
    [
        ({"code": 401, "message": "x"}, errors.Unauthenticated),
        ({"code": 404, "message": "x"}, errors.ImageNotFound),
        ({"code": 503, "message": "x"}, errors.RegistryUnavailable),
        ({"message": "no such image: 404 not found"}, errors.RegistryUnavailable),
        (None, errors.RegistryUnavailable),
    ],
)
def test_pull_that_fails_in_its_stream_says_why_by_code_never_by_text(
    scripted: ScriptedEngine,
    docker: DockerClient,
    detail: dict[str, object] | None,
    kind: type[errors.Error],
) -> None:
    scripted.on(PULL, says(layer("Downloading", 1, 2), {"error": "x", "errorDetail": detail}))

    with pytest.raises(kind) as caught:
        docker.pull_image("app:1")

    assert type(caught.value) is kind


def test_pull_that_fails_while_unpacking_is_the_engine_s_problem(
    scripted: ScriptedEngine, docker: DockerClient
) -> None:
    scripted.on(PULL, says(layer("Extracting", 1, 2), {"error": "no space left"}))

    with pytest.raises(errors.Internal, match="no space left"):
        docker.pull_image("app:1")


def test_pull_without_any_message_is_stuck(scripted: ScriptedEngine, docker: DockerClient) -> None:
    scripted.on(PULL, scripted.hang)
    before = time.monotonic()

    with pytest.raises(errors.DeadlineExceeded, match="no progress"):
        docker.pull_image("app:1")

    assert time.monotonic() - before < 3


def test_pull_that_repeats_itself_is_stuck(scripted: ScriptedEngine, docker: DockerClient) -> None:
    def repeat(exchange: Exchange) -> None:
        exchange.begin_chunks()
        while not scripted.released.wait(0.05):
            exchange.message(**layer("Downloading", 5, 10))

    scripted.on(PULL, repeat)

    with pytest.raises(errors.DeadlineExceeded, match="aaa Downloading"):
        docker.pull_image("app:1")


def test_pull_that_moves_slowly_is_not_stuck(
    scripted: ScriptedEngine, docker: DockerClient
) -> None:
    steps = [step for n in range(5) for step in (0.15, layer("Downloading", n, 10))]
    scripted.on(PULL, says(*steps))

    docker.pull_image("app:1")


@pytest.mark.parametrize("work", ["Extracting", "Verifying Checksum"])
def test_pull_may_be_silent_while_it_works_on_layers(
    scripted: ScriptedEngine, docker: DockerClient, work: str
) -> None:
    scripted.on(PULL, says(layer(work, 5, 10), 0.8, layer("Pull complete")))

    docker.pull_image("app:1")


def test_pull_that_was_unpacked_can_get_stuck_again(
    scripted: ScriptedEngine, docker: DockerClient
) -> None:
    def stall(exchange: Exchange) -> None:
        exchange.begin_chunks()
        exchange.message(**layer("Extracting", 1, 2))
        exchange.message(**layer("Pull complete"))
        scripted.released.wait(10)

    scripted.on(PULL, stall)

    with pytest.raises(errors.DeadlineExceeded):
        docker.pull_image("app:1")


def test_pull_cut_in_the_middle_is_unavailable(
    scripted: ScriptedEngine, docker: DockerClient
) -> None:
    def cut(exchange: Exchange) -> None:
        exchange.begin_chunks()
        exchange.message(**layer("Downloading", 1, 2))

    scripted.on(PULL, cut)

    with pytest.raises(errors.Unavailable):
        docker.pull_image("app:1")


def test_pull_ends_with_the_caller_s_deadline(
    scripted: ScriptedEngine, docker: DockerClient
) -> None:
    steps = [step for n in range(40) for step in (0.1, layer("Downloading", n, 99))]
    scripted.on(PULL, says(*steps))

    with deadline.within(0.5), pytest.raises(errors.DeadlineExceeded, match="time is up"):
        docker.pull_image("app:1")


def test_pull_that_brought_nothing_is_no_success(
    scripted: ScriptedEngine, docker: DockerClient
) -> None:
    scripted.on(PULL, says())
    scripted.replies("GET /images/app:1/json", 404, {"message": "no"})

    with pytest.raises(errors.Internal, match="hasn't got it"):
        docker.pull_image("app:1")


def test_tracker_counts_bytes_and_phases_as_progress() -> None:
    tracker = Tracker(stuck_after=60, since=0)

    tracker.feed(layer("Downloading", 1, 9), 10)
    tracker.feed(layer("Downloading", 1, 9), 50)
    assert tracker.patience(60) == 10
    tracker.feed(layer("Downloading", 2, 9), 60)
    assert tracker.patience(60) == 60
    tracker.feed(layer("Extracting"), 70)
    assert tracker.patience(9999) is None
