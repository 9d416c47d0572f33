"""PodWorker: drives one pod, from apply until it has ended or is told to end.

    applied -- sync on each change --> ended (Succeeded, Failed)
       |
       +-- stop: mark, kill, check --> stopped -- remove --> gone

What was asked is read from the store before each sync, so a stop or a new manifest from another
process counts here too.

Source: kubelet pkg/kubelet/pod_workers.go, kubelet.go (syncPod, syncTerminatingPod), simplified.
"""

from __future__ import annotations

import logging
import threading
import time
import weakref
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.pod.backoff import Backoff
from runtimes.core.pod.probes import NO_PROBES, ProbeResults
from runtimes.core.pod.status import PodStatus, RunningPod
from runtimes.core.pod.sync import PodSyncResult
from runtimes.kubelet.events import Recorder, log_event
from runtimes.kubelet.pace import Pace, alive
from runtimes.kubelet.probe.state import has_probes
from runtimes.kubelet.status.deadline import tell as tell_of_deadline
from runtimes.kubelet.status.pod import TERMINAL, StatusInputs, pod_status
from runtimes.kubelet.status.reasons import WaitReason, updated_reasons
from runtimes.kubelet.status.times import format_ns
from runtimes.kubelet.status.view import PodView
from runtimes.kubelet.store.known import Known, known
from runtimes.kubelet.store.pods import marked_deleted
from runtimes.kubelet.waiting import Patience, Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from runtimes.core.pod import v1
    from runtimes.core.pod.runtime import PodRuntime
    from runtimes.core.pod.status import RegistryAuth
    from runtimes.kubelet.probe.prober import Prober
    from runtimes.kubelet.store.pods import PodStore

_log = logging.getLogger(__name__)
_KILL_ATTEMPTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """How a worker goes about it.

    Attributes:
        pull_secrets: credentials for the pod's images.
        backoff: of containers that crash; share one to carry it over to the next worker.
        host_ip: of the node, for the status.
        retry: seconds after which a failed sync is tried again.
        resync: seconds after which a pod is synced though nothing changed.
        prober: makes the pod's probes; None lets the worker have one of its own.
        record: takes what such a prober finds, and that a deadline has passed.
        now_ns: the clock.
    """

    pull_secrets: tuple[RegistryAuth, ...] = ()
    backoff: Backoff = field(default_factory=Backoff)
    host_ip: str = ""
    retry: float = 10.0
    resync: float = 60.0
    prober: Prober | None = None
    record: Recorder = log_event
    now_ns: Callable[[], int] = time.time_ns


class PodWorker:
    """One pod's worker, used by one thread at a time; `interrupt` may come from any.

    Args:
        runtime: any PodRuntime.
        pod: with its uid.
        store: where the pod was applied; None when it lives in this process only.
        fresh: the runtime can't have anything of it yet: spares the first look.
    """

    def __init__(
        self,
        runtime: PodRuntime,
        pod: v1.Pod,
        *,
        store: PodStore | None = None,
        fresh: bool = False,
        settings: WorkerSettings | None = None,
    ) -> None:
        self._runtime = runtime
        self._pod = pod
        self._store = store
        self._version = 0 if store is None else store.version(pod.metadata.uid)
        self._settings = settings or WorkerSettings()
        self._last = _nothing(pod)
        self._next: PodStatus | None = self._last if fresh else None
        self._reasons: dict[str, WaitReason] = {}
        self._previous: v1.PodStatus | None = None
        self._noted: Known | None = None
        self._ended = False
        self._prober = self._settings.prober
        self._probed = threading.Event()
        self._interrupted = threading.Event()

    @property
    def pod(self) -> v1.Pod:
        """As it was applied last."""
        return self._pod

    @property
    def is_forgotten(self) -> bool:
        """Its record is gone: another process has removed the pod."""
        return self._store is not None and not self._version

    def sync(self) -> PodView:
        """Take the pod's next steps and look at what they led to.

        Raises:
            Unavailable, DeadlineExceeded, Internal: the runtime can't even tell what it has.
        """
        self._reload()
        self._probed.clear()
        with self._held():
            observed, self._next = self._next or self._observe(), None
            result = self._step(observed)
            if result.results:
                observed = self._observe()
        self._reasons = updated_reasons(self._reasons, result)
        return self._view(observed, result)

    def look(self) -> PodView:
        """Look at the pod without taking any step."""
        self._reload()
        return self._view(self._observe(), PodSyncResult())

    def has_changed(self) -> bool:
        """Tell, from any thread, whether pod or record differ from what the last sync saw.

        Raises:
            Error: the runtime can't be asked.
        """
        meta, seen = self._pod.metadata, self._last
        look = self._runtime.get_pod_status
        return self._is_outdated() or look(meta.uid, meta.name, meta.namespace) != seen

    def views(
        self, timeout: float | None = None, until: Callable[[PodView], bool] | None = None
    ) -> Iterator[PodView]:
        """Sync, yield, wait for a change, and again; end after the view of a finished pod.

        Waiting also ends when `until` is satisfied by the last view, if what it asks for, say a
        line in a log, can come true without any change of the pod.

        Raises:
            DeadlineExceeded: `timeout` seconds, or the caller's deadline, have passed.
            Canceled: `interrupt` was called.
        """
        meta = self._pod.metadata
        patience = Patience(
            what=f"run pod {meta.namespace}/{meta.name}",
            end=None if timeout is None else time.monotonic() + timeout,
            interrupted=self._interrupted,
        )
        try:
            while True:
                patience.check()
                view = self.sync()
                yield view
                if view.next_sync is None:
                    return
                self._next = self._watch(view, until).wait(view.next_sync, patience)
        finally:
            self._drive_no_more()

    def run(
        self, until: Callable[[PodView], bool] | None = None, timeout: float | None = None
    ) -> PodView:
        """Drive the pod until a view satisfies `until`, or the pod is finished; return that view.

        Raises: as `views`.
        """
        for view in self.views(timeout, until):
            if until is not None and until(view):
                break
        return view

    def interrupt(self) -> None:
        """Make `views` and `run` raise Canceled soon. The pod goes on as it is."""
        self._interrupted.set()

    def stop(self, grace_period: int | None = None) -> PodView:
        """Mark the pod deleted, stop its containers and then its sandbox. Idempotent.

        `grace_period` in seconds; None takes the pod's own, 0 kills at once.

        Raises:
            Internal: something still runs.
        """
        return self._stop(grace_period)

    def remove(self) -> None:
        """Remove the pod with its logs, volumes and record, stopping it first. Idempotent."""
        if alive(self._observe()):
            self._stop(None, removal=True)
        else:
            self._mark(None, removal=True)
        self._runtime.remove_pod(_running(self._pod, self._last))
        if self._store is not None:
            self._store.remove(self._pod.metadata.uid)

    def _stop(self, grace_period: int | None, *, removal: bool = False) -> PodView:
        self._mark(grace_period, removal=removal)
        result = PodSyncResult()
        for _ in range(_KILL_ATTEMPTS):
            result = self._kill(self._observe(), grace_period)
            left = self._observe()
            if not alive(left):
                return self._view(left, result)
        meta = self._pod.metadata
        raise errors.Internal(
            f"stop pod {meta.namespace}/{meta.name}: it still runs after it was killed"
            f" {_KILL_ATTEMPTS} times: {result.describe() or 'someone starts it again'}"
        )

    def _watch(self, view: PodView, until: Callable[[PodView], bool] | None) -> Watch:
        def interrupts() -> bool:
            return (
                self._probed.is_set() or self._is_outdated() or (until is not None and until(view))
            )

        interested = until is not None
        return Watch(self._runtime, self._last, self._observe, interrupts, interested)

    def _step(self, observed: PodStatus) -> PodSyncResult:
        self._previous = self._status(observed)
        if self._pod.metadata.deletion_timestamp or self._previous.phase in TERMINAL:
            return self._end(observed)
        secrets, backoff = self._pull_secrets(), self._settings.backoff
        probes = self._results(observed)
        return self._runtime.sync_pod(self._pod, observed, secrets, backoff, probes=probes)

    def _pull_secrets(self) -> tuple[RegistryAuth, ...]:
        """The pod's own credentials come before the node's."""
        given = self._settings.pull_secrets
        if self._store is None or not self._pod.spec.image_pull_secrets:
            return given
        from runtimes.kubelet.generate.pull_credentials import pull_credentials

        return (*pull_credentials(self._pod, self._store.objects), *given)

    def _end(self, observed: PodStatus) -> PodSyncResult:
        """Stop what is left, at least once: a dead sandbox may still hold its network."""
        if not alive(observed) and (self._ended or not observed.sandboxes):
            return PodSyncResult()
        result = self._kill(observed, None)
        self._ended = not result.failures
        return result

    def _kill(self, observed: PodStatus, grace_period: int | None) -> PodSyncResult:
        if grace_period is None:
            grace_period = self._pod.metadata.deletion_grace_period_seconds
        return self._runtime.kill_pod(self._pod, _running(self._pod, observed), grace_period)

    def _mark(self, grace_period: int | None, *, removal: bool = False) -> None:
        """Note it in the record; on a full disk in memory alone, for what is stopped frees some."""
        uid = self._pod.metadata.uid
        marked = None
        if self._store is not None:
            try:
                marked = self._store.mark_deleted(uid, grace_period, removal=removal)
                self._version = self._store.version(uid)
            except (errors.ResourceExhausted, errors.PermissionDenied) as error:
                _log.warning("stop the pod though that can't be noted: %s", error)
        self._pod = marked if marked is not None else self._deleted(grace_period)

    def _is_outdated(self) -> bool:
        """Another process has changed or removed the record."""
        if self._store is None:
            return False
        return self._store.version(self._pod.metadata.uid) != self._version

    def _reload(self) -> None:
        """Take in what another process asked for; a record that is gone means delete."""
        if self._store is None or not self._is_outdated():
            return
        uid = self._pod.metadata.uid
        self._version = self._store.version(uid)
        self._pod = self._store.by_uid(uid) or self._deleted()

    def _deleted(self, grace_period: int | None = None) -> v1.Pod:
        return marked_deleted(self._pod, grace_period, format_ns(self._settings.now_ns()))

    def _held(self) -> AbstractContextManager[None]:
        if self._store is None or not self._version:
            return nullcontext()
        return self._store.held(self._pod.metadata.uid)

    def _observe(self) -> PodStatus:
        meta = self._pod.metadata
        self._last = self._runtime.get_pod_status(meta.uid, meta.name, meta.namespace)
        return self._last

    def _status(self, observed: PodStatus) -> v1.PodStatus:
        inputs = StatusInputs(
            observed=observed,
            now_ns=self._settings.now_ns(),
            scheme=self._runtime.name,
            host_ip=self._settings.host_ip,
            reasons=self._reasons,
            previous=self._previous,
            probes=self._results(observed),
        )
        status = pod_status(self._pod, inputs)
        tell_of_deadline(self._pod, self._previous, status, self._settings.record)
        return status

    def _results(self, observed: PodStatus) -> ProbeResults:
        """What probes have found; what runs is probed from its first look on."""
        if not has_probes(self._pod):
            return NO_PROBES
        if self._prober is None:
            self._prober = self._own_prober()
        return self._prober.results(self._pod, observed)

    def _own_prober(self) -> Prober:
        from runtimes.kubelet.probe.prober import Prober, ProberSettings

        changed = self._probed
        prober = Prober(
            ProberSettings(
                exec=self._runtime.exec,
                host_ip=self._settings.host_ip or "127.0.0.1",
                on_change=lambda _uid: changed.set(),
                record=self._settings.record,
                now_ns=self._settings.now_ns,
            )
        )
        weakref.finalize(self, prober.close)
        return prober

    def _view(self, observed: PodStatus, result: PodSyncResult) -> PodView:
        self._previous = self._status(observed)
        self._note(observed)
        return PodView(
            pod=self._pod,
            status=self._previous,
            observed=observed,
            result=result,
            next_sync=self._next_sync(observed, result),
        )

    def _note(self, observed: PodStatus) -> None:
        """Let others see what is known here alone, if that has changed."""
        if self._store is None or self._previous is None or not self._version:
            return
        now = known(self._reasons, self._results(observed), self._previous.conditions)
        if now != self._noted and self._store.note(self._pod.metadata.uid, now):
            self._noted = now

    def _drive_no_more(self) -> None:
        if self._store is not None and self._noted is not None:
            self._store.note(self._pod.metadata.uid, None)
            self._noted = None

    def _next_sync(self, observed: PodStatus, result: PodSyncResult) -> float | None:
        pace = Pace(
            retry=self._settings.retry,
            resync=self._settings.resync,
            probes=self._results(observed),
        )
        if self._previous is not None and self._previous.phase in TERMINAL:
            return pace.after_end(observed, result, killed=self._ended)
        return pace.after_sync(self._pod, observed, result, self._settings.now_ns())


def _nothing(pod: v1.Pod) -> PodStatus:
    meta = pod.metadata
    return PodStatus(uid=meta.uid, name=meta.name, namespace=meta.namespace)


def _running(pod: v1.Pod, observed: PodStatus) -> RunningPod:
    meta = pod.metadata
    return RunningPod(
        uid=meta.uid,
        name=meta.name,
        namespace=meta.namespace,
        created_at_ns=0,
        containers=observed.containers,
        sandboxes=observed.sandboxes,
    )
