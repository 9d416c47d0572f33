"""What containers and the node use, sampled: the last ten minutes stay for graphs."""

from __future__ import annotations

import logging
import os
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from runtimes.core import errors
from runtimes.kubelet.api.node import PROC, memory_info

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from runtimes.core.pod.runtime import PodRuntime
    from runtimes.core.pod.status import ContainerUsage, ImageStats, NetworkUsage

log = logging.getLogger(__name__)
PERIOD = 5.0
_KEPT = 120
_SHORTEST = 1.0
_TICK_NS = 10**9 // os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class NodeUsage:
    """Of the whole host; CPU time of all cores since boot."""

    cpu_ns: int
    memory_total_bytes: int
    memory_available_bytes: int
    memory_free_bytes: int


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at everything, at `at_ns` since the epoch."""

    at_ns: int
    node: NodeUsage
    containers: Mapping[str, ContainerUsage]


class Sampler:
    """Thread-safe.

    Args:
        stats: gives what every running container uses.
    """

    def __init__(
        self,
        stats: Callable[[], Sequence[ContainerUsage]],
        *,
        proc: Path = PROC,
    ) -> None:
        self._stats = stats
        self._proc = proc
        self._samples: tuple[Sample, ...] = ()
        self._looked = float("-inf")
        self._looking = threading.Lock()

    def sample(self) -> None:
        """Look; unless the last look was a moment ago, or another thread is at it.

        Only the first look is waited for, a while.

        Raises:
            Error: the backend can't tell.
        """
        if not self._looking.acquire(timeout=0 if self._samples else PERIOD):
            return
        try:
            if time.monotonic() - self._looked < _SHORTEST:
                return
            found = {one.id: one for one in self._stats()}
            sample = Sample(time.time_ns(), node_usage(self._proc), found)
            self._samples = (*self._samples, sample)[-_KEPT:]
            self._looked = time.monotonic()
        finally:
            self._looking.release()

    def history(self) -> list[Sample]:
        """Looks of the last ten minutes, the newest last; waits for none."""
        return list(self._samples)

    def latest(self) -> tuple[Sample | None, Sample]:
        """The newest two after a new one, for rates."""
        self.sample()
        *_, before, after = (None, *self.history())
        if after is None:
            raise errors.Unavailable("look at what containers use: nothing yet")
        return before, after


def node_usage(proc: Path = PROC) -> NodeUsage:
    """Read the host's own counters."""
    ticks = (proc / "stat").read_text().split("\n", 1)[0].split()[1:]
    user, nice, system, _idle, _wait, irq, soft, steal = map(int, ticks[:8])
    memory = memory_info(proc)
    return NodeUsage(
        cpu_ns=(user + nice + system + irq + soft + steal) * _TICK_NS,
        memory_total_bytes=memory["MemTotal"],
        memory_available_bytes=memory.get("MemAvailable", memory["MemFree"]),
        memory_free_bytes=memory["MemFree"],
    )


def nano_cores(before: int | None, after: int | None, passed_ns: int) -> int | None:
    """Cores in use between two readings of a counter, in billionths; None when it isn't known."""
    if before is None or after is None or passed_ns <= 0 or after < before:
        return None
    return (after - before) * 10**9 // passed_ns


@runtime_checkable
class NetworkTeller(Protocol):
    """A PodRuntime that counts what goes over its pods' networks."""

    def network_stats(self) -> Sequence[NetworkUsage]:
        """Of the pods that have one of their own.

        Raises:
            Unimplemented: this backend of it doesn't count it.
        """
        ...


def network_stats(runtime: PodRuntime) -> Sequence[NetworkUsage]:
    """What went over pods' networks; nothing where a backend can't tell, or not now."""
    try:
        return runtime.network_stats() if isinstance(runtime, NetworkTeller) else ()
    except errors.Unimplemented:
        return ()
    except errors.Error as error:
        log.warning("the networks of pods can't be told now: %s", error)
        return ()


def image_stats(stats: Callable[[], Sequence[ImageStats]]) -> Sequence[ImageStats]:
    """What images use; nothing where a backend can't tell."""
    try:
        return stats()
    except errors.Unimplemented:
        return ()
