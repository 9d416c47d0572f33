"""What an agent does now and then: garbage every minute, images every five, logs every ten seconds.

Source: kubelet pkg/kubelet/kubelet.go (StartGarbageCollection), logs/container_log_manager.go.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from runtimes.core.pod.gc import GarbagePolicy
from runtimes.kubelet.housekeeping.images import ImageCollector, ImagePolicy
from runtimes.kubelet.housekeeping.log_rotation import LogPolicy, LogReopener, LogRotator

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.core.pod.runtime import PodRuntime
    from runtimes.kubelet.config import KubeletConfig
    from runtimes.kubelet.store.pods import PodStore


@dataclass(frozen=True, slots=True, kw_only=True)
class HousekeepingSettings:
    """Policies, and seconds between one run and the next."""

    garbage: GarbagePolicy = field(default_factory=GarbagePolicy)
    garbage_period: float = 60.0
    images: ImagePolicy = field(default_factory=ImagePolicy)
    images_period: float = 300.0
    logs: LogPolicy = field(default_factory=LogPolicy)
    logs_period: float = 10.0


@dataclass(frozen=True, slots=True)
class Chore:
    """Done each `period` seconds."""

    name: str
    period: float
    work: Callable[[], None]


def chores(
    runtime: PodRuntime,
    store: PodStore,
    config: KubeletConfig,
    settings: HousekeepingSettings,
    *,
    changes: Callable[[], int],
) -> list[Chore]:
    """Say what there is to do on this runtime.

    `changes` tells a number that grows whenever a pod may have changed.
    """
    collect = partial(runtime.garbage_collect, settings.garbage, all_sources_ready=True)
    images = ImageCollector(runtime, lambda: _wanted_images(store), settings.images)
    found = [
        Chore("collect garbage", settings.garbage_period, collect),
        Chore("collect images", settings.images_period, images.collect),
    ]
    if isinstance(runtime, LogReopener):
        logs = LogRotator(runtime, config, settings.logs, changes)
        found.append(Chore("rotate logs", settings.logs_period, logs.rotate))
    return found


def _wanted_images(store: PodStore) -> set[str]:
    """As recorded pods name them: one that is between two attempts still needs its image."""
    specs = [pod.spec for pod in store.list()]
    return {one.image for spec in specs for one in (*spec.init_containers, *spec.containers)}
