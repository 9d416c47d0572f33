"""Prober: makes the probes of any number of pods when they are due.

One thread keeps the time, a bounded pool makes the probes, so a slow one holds up none but
itself. What a pod has to be probed for is told by `results`, which each sync calls with what it
sees; a change of a result is told back by `on_change`.

Source: kubelet pkg/kubelet/prober/prober_manager.go, worker.go.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from runtimes.core.pod.probes import NO_PROBES, ProbeResult, ProbeResults
from runtimes.core.pod.status import ContainerState
from runtimes.kubelet.events import Event, EventReason, Recorder, log_event
from runtimes.kubelet.probe.run import Finding, ProbeTarget, run_probe
from runtimes.kubelet.probe.state import (
    ProbeKind,
    ProbeState,
    advanced,
    has_probes,
    initial_state,
    probed,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from runtimes.core.pod import v1
    from runtimes.core.pod.status import ContainerStatus, ExecResult, PodStatus

_THREADS = 32
_IDLE = 60.0
_ERRORED = "errored and resulted in unknown state"

Key = tuple[str, str, ProbeKind]
"""A pod's uid, a container's name, and which of its probes."""


@dataclass(slots=True)
class _Entry:
    probe: v1.Probe
    target: ProbeTarget
    container_id: str
    state: ProbeState
    due: float
    busy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProberSettings:
    """What a prober works with.

    Attributes:
        exec: `PodRuntime.exec`: container id, command, seconds.
        host_ip: of the node, for pods on its network.
        on_change: takes the uid of a pod of which a result has changed.
        record: takes events.
        now_ns: the clock that containers' start times are of.
        run: makes one probe.
    """

    exec: Callable[[str, Sequence[str], int], ExecResult]
    host_ip: str = "127.0.0.1"
    on_change: Callable[[str], None] = lambda _uid: None
    record: Recorder = log_event
    now_ns: Callable[[], int] = time.time_ns
    run: Callable[[v1.Probe, ProbeTarget], Finding] = run_probe


class Prober:
    """Thread-safe; close it, or leave it as a context manager does."""

    def __init__(self, settings: ProberSettings) -> None:
        self._settings = settings
        self._entries: dict[Key, _Entry] = {}
        self._wake = threading.Condition()
        self._pool = ThreadPoolExecutor(_THREADS, "probe")
        self._thread: threading.Thread | None = None
        self._closed = False

    def close(self) -> None:
        """Make no more probes; doesn't wait for those under way. Idempotent."""
        with self._wake:
            self._closed = True
            self._entries.clear()
            self._wake.notify_all()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def results(self, pod: v1.Pod, observed: PodStatus) -> ProbeResults:
        """Probe what runs of `pod` from now on, and tell what is known by now."""
        if not has_probes(pod):
            return NO_PROBES
        uid = pod.metadata.uid
        with self._wake:
            wanted = dict(self._wanted(pod, observed))
            for key in [key for key in self._entries if key[0] == uid and key not in wanted]:
                del self._entries[key]
            self._entries.update(wanted)
            self._start()
            self._wake.notify_all()
            return _results_of(wanted)

    def forget(self, uid: str) -> None:
        """Make no more probes of a pod. Idempotent."""
        with self._wake:
            for key in [key for key in self._entries if key[0] == uid]:
                del self._entries[key]

    def tick(self) -> float:
        """Begin every probe that is due; return the seconds until the next one is."""
        with self._wake:
            now = self._now()
            for key, entry in list(self._entries.items()):
                if entry.due <= now and not entry.busy and self._may_run(key, entry):
                    entry.busy = True
                    period = _period(entry.probe)
                    entry.due += period * (1 + (now - entry.due) // period)  # none is made up for
                    self._pool.submit(self._probe, key, entry)
            return self._next_in(now)

    def _wanted(self, pod: v1.Pod, observed: PodStatus) -> Iterator[tuple[Key, _Entry]]:
        for container in probed(pod):
            latest = observed.latest(container.name)
            if latest is None or latest.state is not ContainerState.RUNNING:
                continue
            for kind in ProbeKind:
                probe = kind.of(container)
                ending = bool(pod.metadata.deletion_timestamp)
                if probe is None or (ending and kind is not ProbeKind.READINESS):
                    continue
                key = (pod.metadata.uid, container.name, kind)
                old = self._entries.get(key)
                if old is not None and (old.container_id, old.probe) == (latest.id, probe):
                    yield key, old
                else:
                    yield key, self._entry(kind, container, latest, observed)

    def _entry(
        self, kind: ProbeKind, container: v1.Container, latest: ContainerStatus, pod: PodStatus
    ) -> _Entry:
        probe = kind.of(container)
        assert probe is not None  # noqa: S101 - its caller has looked
        target = ProbeTarget(
            container=container,
            pod_ip=pod.ips[0] if pod.ips else self._settings.host_ip,
            exec=partial(self._settings.exec, latest.id),
        )
        due = latest.started_at_ns / 1e9 + (probe.initial_delay_seconds or 0)
        return _Entry(probe, target, latest.id, initial_state(kind), due)

    def _may_run(self, key: Key, entry: _Entry) -> bool:
        """Not once it is held, and, but for the startup probe, not before that has succeeded."""
        if entry.state.held:
            return False
        uid, name, kind = key
        startup = self._entries.get((uid, name, ProbeKind.STARTUP))
        waits = startup is not None and startup.state.result is not ProbeResult.SUCCESS
        return kind is ProbeKind.STARTUP or not waits

    def _next_in(self, now: float) -> float:
        dues = [
            entry.due - now
            for key, entry in self._entries.items()
            if not entry.busy and self._may_run(key, entry)
        ]
        return max(0.0, min([*dues, _IDLE]))

    def _probe(self, key: Key, entry: _Entry) -> None:
        found = self._settings.run(entry.probe, entry.target)
        with self._wake:
            entry.busy = False
            before = entry.state
            entry.state = advanced(before, entry.probe, found.result)
            current = self._entries.get(key) is entry
            self._wake.notify_all()
        if not current:
            return
        self._tell(key, found)
        if entry.state.result is not before.result:
            self._settings.on_change(key[0])

    def _tell(self, key: Key, found: Finding) -> None:
        uid, name, kind = key
        what = f"{kind.value.capitalize()} probe"
        if found.result is ProbeResult.FAILURE:
            reason, message = EventReason.UNHEALTHY, f"{what} failed: {found.message}"
        elif found.result is ProbeResult.UNKNOWN:
            reason, message = EventReason.UNHEALTHY, f"{what} {_ERRORED}: {found.message}"
        elif found.warning:
            reason, message = EventReason.PROBE_WARNING, f"{what} warning: {found.message}"
        else:
            return
        self._settings.record(
            Event(pod_uid=uid, reason=reason, message=message, container=name, warning=True)
        )

    def _start(self) -> None:
        if self._thread is None and self._entries and not self._closed:
            self._thread = threading.Thread(target=self._keep_time, name="prober", daemon=True)
            self._thread.start()

    def _keep_time(self) -> None:
        while True:
            seconds = self.tick()
            with self._wake:
                if self._closed:
                    return
                self._wake.wait(max(0.01, seconds))

    def _now(self) -> float:
        return self._settings.now_ns() / 1e9


def _results_of(entries: Mapping[Key, _Entry]) -> ProbeResults:
    by_kind: dict[ProbeKind, dict[str, ProbeResult]] = {kind: {} for kind in ProbeKind}
    for (_, _, kind), entry in entries.items():
        by_kind[kind][entry.container_id] = entry.state.result
    return ProbeResults(
        liveness=by_kind[ProbeKind.LIVENESS],
        readiness=by_kind[ProbeKind.READINESS],
        startup=by_kind[ProbeKind.STARTUP],
    )


def _period(probe: v1.Probe) -> int:
    return probe.period_seconds or 10
