"""All families, and all that there is to tell of one container or of a pod's network."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cgroup import tree
from runtimes.core.cgroup.files import Files
from runtimes.core.metrics import (
    cpu,
    devices,
    filesystem,
    interfaces,
    memory,
    pressure,
    processes,
)
from runtimes.core.metrics.family import Family, Sample

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from runtimes.core.cgroup.layout import Layout
    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.core.host.usage import UsageCache
    from runtimes.core.metrics.interfaces import Counters

STARTED = Family("container_start_time_seconds", "When it started, in seconds since the epoch.")
SEEN = Family("container_last_seen", "When it was last looked at, in seconds since the epoch.")
FAMILIES = (
    *(STARTED, SEEN),
    *cpu.FAMILIES,
    *memory.FAMILIES,
    *processes.FAMILIES,
    *devices.FAMILIES,
    *filesystem.FAMILIES,
    *interfaces.FAMILIES,
    *pressure.FAMILIES,
)
_SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where a running container is.

    Attributes:
        cgroup: relative to the mount points.
        pid: of its first process; None if it isn't known.
        layer: the folder of what it wrote; None where the storage has none.
        started_at_ns: since the epoch.
        labels: values of `family.LABELS`.
    """

    cgroup: str
    pid: int | None
    layer: Path | None
    started_at_ns: int
    labels: Sequence[str]


def descriptors() -> list[cri.MetricDescriptor]:
    """Describe every metric. Source: CRI ListMetricDescriptors."""
    return [family.descriptor() for family in FAMILIES]


def of_container(layout: Layout, place: Place, usage: UsageCache) -> list[cri.Metric]:
    """Measure a running container, its network excepted: that is its pod's.

    Raises:
        NotFound: its cgroup is gone.
    """
    if not tree.exists(layout, place.cgroup):
        raise errors.NotFound(f"measure the cgroup {place.cgroup}: no such cgroup")
    now = time.time_ns()
    return [one.metric(place.labels, now) for one in _container(layout, place, usage, now)]


def of_network(found: Iterable[Counters], labels: Sequence[str]) -> list[cri.Metric]:
    """`labels` are those of the pod: its container is an empty one."""
    now = time.time_ns()
    return [one.metric(labels, now) for one in interfaces.samples(found)]


def _container(layout: Layout, place: Place, usage: UsageCache, now_ns: int) -> Iterator[Sample]:
    files = Files(layout, place.cgroup)
    yield Sample(STARTED, place.started_at_ns // _SECOND_NS)
    yield Sample(SEEN, now_ns // _SECOND_NS)
    yield from cpu.samples(files)
    yield from memory.samples(files)
    yield from processes.samples(files, place.pid)
    yield from devices.samples(files)
    if place.layer is not None:
        yield from filesystem.samples(place.layer, usage)
    yield from pressure.samples(files)
