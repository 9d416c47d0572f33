"""One sync of a pod, in seven steps; each leaves results.

    1. decide                                   4. make a sandbox
    2. kill the pod, or                         5. start ephemeral containers
    3. kill single containers,                  6. start sidecars and the next init container
       forget finished init attempts            7. start regular containers

What fails in 2, 3 or 4, and an init container that does, ends the sync; what else fails leaves the
others alone.

Source: kubelet pkg/kubelet/kuberuntime/kuberuntime_manager.go (SyncPod).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Generic

from runtimes.core import errors
from runtimes.core.pod.probes import NO_PROBES, ProbeResults
from runtimes.core.pod.sync import Action, PodSyncResult, Reason, SyncResult
from runtimes.kubelet.actions.compute import compute_pod_actions
from runtimes.kubelet.events import Event, EventReason
from runtimes.kubelet.generate.metadata import full_name
from runtimes.kubelet.sync.crash_loop import check_crash_loop
from runtimes.kubelet.sync.init_attempts import all_attempts, stale_attempts
from runtimes.kubelet.sync.steps import PodSteps, SandboxT, StepFailed

if TYPE_CHECKING:
    from runtimes.core.pod import v1
    from runtimes.core.pod.backoff import Backoff
    from runtimes.core.pod.status import ContainerStatus, PodStatus
    from runtimes.kubelet.actions.model import PodActions


Decide = Callable[["v1.Pod", "PodStatus", ProbeResults], "PodActions"]


def sync_pod(  # noqa: PLR0913 - what a sync is made of, the last two by name
    pod: v1.Pod,
    status: PodStatus,
    steps: PodSteps[SandboxT],
    backoff: Backoff,
    *,
    probes: ProbeResults = NO_PROBES,
    decide: Decide = compute_pod_actions,
) -> PodSyncResult:
    """Take the next steps from `status` towards `pod`; failures are results, never raised."""
    sync = _Sync(pod, status, steps, backoff)
    actions = decide(pod, status, probes)
    steps.refresh(pod, status.ips)
    try:
        sync.carry_out(actions)
    except errors.Error as error:
        return PodSyncResult(tuple(sync.results), str(error))
    return PodSyncResult(tuple(sync.results))


@dataclass(slots=True)
class _Sync(Generic[SandboxT]):
    pod: v1.Pod
    status: PodStatus
    steps: PodSteps[SandboxT]
    backoff: Backoff
    results: list[SyncResult] = field(default_factory=list)

    def carry_out(self, actions: PodActions) -> None:
        if actions.create_sandbox and actions.sandbox_id:
            changed = "Pod sandbox changed, it will be killed and re-created."
            self._tell(EventReason.SANDBOX_CHANGED, changed)
        ended = self._kill_pod(actions) if actions.kill_pod else self._kill_containers(actions)
        if not ended or not actions.starts:
            return
        self.steps.prepare(self.pod)
        sandbox = self._sandbox(actions)
        if sandbox is None:
            return
        spec = self.pod.spec
        for index in actions.ephemeral_containers_to_start:
            self._start(spec.ephemeral_containers[index], sandbox)
        for sidecar in actions.sidecars_to_start:
            self._start(sidecar, sandbox)
        init = actions.next_init_container
        if init is not None and not self._start(init, sandbox):
            return
        for index in actions.containers_to_start:
            self._start(spec.containers[index], sandbox)

    def _kill_pod(self, actions: PodActions) -> bool:
        killed = self.steps.kill_pod(self.pod, self.status)
        self.results.extend(killed)
        if any(result.reason is not None for result in killed):
            return False
        if actions.create_sandbox:
            self._remove(all_attempts(self.pod, self.status))
            forgotten = actions.containers_to_forget
            self._remove([one for one in self.status.containers if one.name in forgotten])
        return True

    def _kill_containers(self, actions: PodActions) -> bool:
        for kill in actions.containers_to_kill:
            try:
                self.steps.kill_container(self.pod, replace(kill, ips=self.status.ips))
            except errors.Error as error:
                self._failed(Action.KILL_CONTAINER, kill.name, error, Reason.KILL_CONTAINER_ERROR)
                return False
            self.results.append(SyncResult(Action.KILL_CONTAINER, kill.name))
        if actions.next_init_container is not None or actions.sidecars_to_start:
            self._remove(stale_attempts(self.pod, self.status))
        return True

    def _remove(self, attempts: list[ContainerStatus]) -> None:
        """Remove old attempts; one that can't go now goes with the garbage."""
        for attempt in attempts:
            try:
                self.steps.remove_container(attempt.id)
            except errors.Error as error:
                self._failed(
                    Action.KILL_CONTAINER, attempt.name, error, Reason.KILL_CONTAINER_ERROR
                )

    def _sandbox(self, actions: PodActions) -> SandboxT | None:
        if not actions.create_sandbox:
            return self.steps.use_sandbox(self.pod, self.status, actions.sandbox_id)
        target = self.pod.metadata.name
        try:
            sandbox = self.steps.create_sandbox(self.pod, actions.attempt)
        except errors.Error as error:
            self._failed(Action.CREATE_POD_SANDBOX, target, error, Reason.CREATE_POD_SANDBOX_ERROR)
            return None
        self.results.append(SyncResult(Action.CREATE_POD_SANDBOX, target))
        return sandbox

    def _start(self, container: v1.Container | v1.EphemeralContainer, sandbox: SandboxT) -> bool:
        try:
            check_crash_loop(self.pod, container, self.status, self.backoff)
            self.steps.start_container(self.pod, container, sandbox, self.status)
        except errors.Error as error:
            self._failed(Action.START_CONTAINER, container.name, error, Reason.RUN_CONTAINER_ERROR)
            return False
        self.results.append(SyncResult(Action.START_CONTAINER, container.name))
        return True

    def _failed(self, action: Action, target: str, error: errors.Error, reason: Reason) -> None:
        retry_after = None
        if isinstance(error, StepFailed):
            reason, retry_after = error.reason, error.retry_after
        if reason is Reason.CRASH_LOOP_BACK_OFF:
            what = f"Back-off restarting failed container {target} in pod {full_name(self.pod)}"
            self._tell(EventReason.BACK_OFF, what, container=target, warning=True)
        self.results.append(SyncResult(action, target, reason, str(error), retry_after, error))

    def _tell(
        self, reason: EventReason, message: str, *, container: str = "", warning: bool = False
    ) -> None:
        uid = self.pod.metadata.uid
        self.steps.tell(
            Event(pod_uid=uid, reason=reason, message=message, container=container, warning=warning)
        )
