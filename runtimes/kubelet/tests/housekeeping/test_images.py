"""Which images go, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.core.pod.status import Image, ImageStats
from runtimes.kubelet.housekeeping.images import (
    Disk,
    ImageCollector,
    ImagePolicy,
    Seen,
    unused_images,
)
from runtimes.kubelet.tests.builders import RUNNING, attempt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtimes.core.pod.status import RunningPod

SIZE = 10


def image(name: str, **fields: object) -> Image:
    return Image(f"sha256:{name}", (f"docker.io/library/{name}:1",), (), SIZE, **fields)  # type: ignore[arg-type]  # its fields


@pytest.mark.parametrize(("used", "excess"), [(0, 0), (84, 0), (85, 5), (90, 10), (100, 20)])
def test_space_is_freed_from_high_down_to_low(used: int, excess: int) -> None:
    assert Disk(100, 100 - used).excess(ImagePolicy(high=85, low=80)) == excess


def test_a_hundred_percent_keeps_every_image_and_no_disk_has_no_excess() -> None:
    assert Disk(100, 0).excess(ImagePolicy(high=100)) == 0
    assert Disk(0, 0).excess(ImagePolicy()) == 0


def test_the_longest_unused_goes_first() -> None:
    images = [image("a"), image("b"), image("used"), image("young"), image("p", pinned=True)]
    seen = {
        "sha256:a": Seen(first=0, used=50),
        "sha256:b": Seen(first=10, used=0),
        "sha256:used": Seen(first=0, used=0),
        "sha256:young": Seen(first=99, used=0),
        "sha256:p": Seen(first=0, used=0),
    }

    unused = unused_images(images, seen, {"sha256:used"}, oldest=20)

    assert [one.id for one in unused] == ["sha256:b", "sha256:a"]


class Store:
    """A PodRuntime as far as images go."""

    def __init__(self, images: Sequence[Image], stuck: str = "") -> None:
        self.images = list(images)
        self.stuck = stuck

    def list_images(self) -> list[Image]:
        return list(self.images)

    def image_stats(self) -> list[ImageStats]:
        return [ImageStats("/images", 0, 0)]

    def get_pods(self, *, include_exited: bool = False) -> list[RunningPod]:
        from runtimes.core.pod.status import RunningPod

        running = attempt("app", RUNNING, image_ref="sha256:running")
        return [
            RunningPod(uid="u", name="n", namespace="d", created_at_ns=0, containers=(running,))
        ]

    def remove_image(self, name: str) -> None:
        if name == self.stuck:
            raise errors.Internal(f"remove image {name}")
        self.images = [one for one in self.images if one.id != name]


def test_what_a_container_or_a_recorded_pod_needs_stays() -> None:
    store = Store([image("running"), image("recorded"), image("old")])
    now = [1000.0]
    collector = ImageCollector(
        store,  # type: ignore[arg-type]  # the calls that it makes
        lambda: ["recorded:1"],
        ImagePolicy(min_age=60),
        clock=lambda: now[0],
        disk_of=lambda _: Disk(100, 10),
    )

    with pytest.raises(errors.ResourceExhausted):
        collector.collect()
    young = [one.id for one in store.images]
    now[0] += 61
    collector.collect()

    assert len(young) == 3
    assert [one.id for one in store.images] == ["sha256:running", "sha256:recorded"]


@pytest.mark.parametrize(("used", "left"), [(80, ["0", "a", "b"]), (90, ["0", "b"]), (100, ["0"])])
def test_no_more_goes_than_needed_and_one_that_cannot_is_passed_over(
    used: int, left: list[str]
) -> None:
    store = Store([image("0"), image("a"), image("b")], stuck="sha256:0")
    collector = ImageCollector(
        store,  # type: ignore[arg-type]  # the calls that it makes
        list,
        ImagePolicy(min_age=0),
        clock=lambda: 1000.0,
        disk_of=lambda _: Disk(100, 100 - used),
    )

    collector.collect()

    assert sorted(one.id.removeprefix("sha256:") for one in store.images) == left
