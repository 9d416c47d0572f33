"""Remove images that nobody uses once their file system is nearly full.

Above `high` percent, unused images go, those first whose last use is longest ago, until `low`
percent is reached. An image that a container or a recorded pod needs stays, a pinned one too, and
one that has been seen for less than `min_age` seconds.

Source: kubelet pkg/kubelet/images/image_gc_manager.go.
"""

from __future__ import annotations

import logging
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runtimes.core import errors, image_ref

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from runtimes.core.pod.runtime import PodRuntime
    from runtimes.core.pod.status import Image

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagePolicy:
    """`high` and `low` in percent of the file system; a `high` of 100 keeps every image."""

    high: int = 85
    low: int = 80
    min_age: float = 120.0


@dataclass(frozen=True, slots=True)
class Disk:
    """A file system, in bytes."""

    capacity: int
    available: int

    def excess(self, policy: ImagePolicy) -> int:
        """Bytes to free; 0 while it is used less than `high`."""
        used = self.capacity - self.available
        if policy.high >= 100 or self.capacity <= 0 or used * 100 < self.capacity * policy.high:
            return 0
        return max(0, used - self.capacity * policy.low // 100)


@dataclass(frozen=True, slots=True)
class Seen:
    """When an image was found here first, and used last; seconds."""

    first: float
    used: float


def disk_at(path: str) -> Disk:
    """Ask the file system; one that isn't there is empty."""
    try:
        found = os.statvfs(path)
    except OSError:
        return Disk(0, 0)
    return Disk(found.f_blocks * found.f_frsize, found.f_bavail * found.f_frsize)


def unused_images(
    images: Sequence[Image],
    seen: Mapping[str, Seen],
    in_use: AbstractSet[str],
    *,
    oldest: float,
) -> list[Image]:
    """List those that may go, in the order in which they shall.

    `in_use` are ids and names, and only what was first seen before `oldest` may go.
    """
    unused = [
        image
        for image in images
        if not image.pinned
        and not in_use & {image.id, *image.tags, *image.digests}
        and image.id in seen
        and seen[image.id].first <= oldest
    ]
    return sorted(unused, key=lambda image: (seen[image.id].used, seen[image.id].first, image.id))


@dataclass(slots=True)
class ImageCollector:
    """Remembers from run to run what was used when. For one thread at a time.

    Attributes:
        wanted: names of images that are needed though no container uses them now.
    """

    runtime: PodRuntime
    wanted: Callable[[], Iterable[str]]
    policy: ImagePolicy
    clock: Callable[[], float] = time.time
    disk_of: Callable[[str], Disk] = disk_at
    _seen: dict[str, Seen] = field(default_factory=dict)

    def collect(self) -> None:
        """Remove what the policy says.

        Raises:
            ResourceExhausted: not enough could be removed.
        """
        now, images = self.clock(), self.runtime.list_images()
        in_use = self._in_use()
        self._look(images, in_use, now)
        for stats in self.runtime.image_stats():
            unused = unused_images(images, self._seen, in_use, oldest=now - self.policy.min_age)
            self._free(self.disk_of(stats.mountpoint).excess(self.policy), unused, stats.mountpoint)

    def _free(self, excess: int, unused: list[Image], mountpoint: str) -> None:
        freed = 0
        for image in unused:
            if freed >= excess:
                return
            freed += self._remove(image, mountpoint)
        if freed < excess:
            raise errors.ResourceExhausted(
                f"free {excess} bytes of images at {mountpoint}: unused ones had {freed};"
                " remove something else there"
            )

    def _remove(self, image: Image, mountpoint: str) -> int:
        """Return the bytes that are free now; one that can't go leaves the others."""
        log.info("remove image=%s: %s is nearly full", image.id, mountpoint)
        try:
            self.runtime.remove_image(image.id)
        except errors.Error as error:
            log.warning("remove image=%s: %s", image.id, error)
            return 0
        return image.size_bytes

    def _in_use(self) -> set[str]:
        pods = self.runtime.get_pods(include_exited=True)
        containers = [one for pod in pods for one in pod.containers]
        names = {image_ref.with_default_tag(name) for name in self.wanted()}
        return names | {one.image_ref for one in containers} | {one.image for one in containers}

    def _look(self, images: Sequence[Image], in_use: AbstractSet[str], now: float) -> None:
        before, self._seen = self._seen, {}
        for image in images:
            seen = before.get(image.id, Seen(now, 0.0))
            used = in_use & {image.id, *image.tags, *image.digests}
            self._seen[image.id] = Seen(seen.first, now if used else seen.used)
