"""One sync of a pod: decide, wait if containers keep ending, end what runs, run what is next.

Source: kubelet 1.4 pkg/kubelet/rkt/rkt.go (SyncPod), which had no back-off.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.pod.status import ContainerState
from runtimes.core.pod.sync import Action, PodSyncResult, Reason, SyncResult
from runtimes.kubelet.actions.restart import is_sidecar
from runtimes.kubelet.events import EventReason
from runtimes.kubelet.generic import pod_volumes
from runtimes.kubelet.hooks.run import run_hook
from runtimes.kubelet.oserrors import translated
from runtimes.kubelet.sync.crash_loop import back_off_key, check_crash_loop
from runtimes.kubelet.sync.steps import StepFailed
from runtimes.rkt_stub.pod.decide import NOTHING, decide
from runtimes.rkt_stub.pod.incarnation import incarnations
from runtimes.rkt_stub.pod.kill import PodKill, hook_target, kill_pod
from runtimes.rkt_stub.pod.remove import remove_incarnation
from runtimes.rkt_stub.pod.start import Start, resume, run_pod, wanted_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtimes.core.pod import v1
    from runtimes.core.pod.backoff import Backoff
    from runtimes.core.pod.probes import ProbeResults
    from runtimes.core.pod.status import PodStatus, RegistryAuth
    from runtimes.rkt_stub.pod.manifest import Wanted
    from runtimes.rkt_stub.pod.node import RktNode


@dataclass(slots=True)
class PodSync:
    """Of one pod, once."""

    node: RktNode
    pod: v1.Pod
    status: PodStatus
    backoff: Backoff
    auths: Sequence[RegistryAuth] = ()
    results: list[SyncResult] = field(default_factory=list)

    def run(self, probes: ProbeResults) -> PodSyncResult:
        """Failures are results, never raised."""
        meta = self.pod.metadata
        try:
            with translated(f"sync pod {meta.namespace}/{meta.name}"):
                self._carry_out(probes)
        except errors.Error as error:
            return PodSyncResult(tuple(self.results), str(error))
        return PodSyncResult(tuple(self.results))

    def _carry_out(self, probes: ProbeResults) -> None:
        node = self.node
        change = decide(self.pod, self.status, probes)
        if change == NOTHING:
            pod_volumes.refresh(self.pod, self.status.ips, node.config, node.around)
        if not change.run:
            if change.kill:
                self._kill()
            return
        if not self._may_start(change.run):
            return
        refuse(self.pod)
        start = Start(
            node=node,
            pod=self.pod,
            containers=change.run,
            volumes=pod_volumes.prepare(self.pod, node.config, node.around),
            status=self.status,
            auths=self.auths,
        )
        if not change.kill and self._resumed():
            return
        wanted = self._wanted(start)
        if len(wanted) < len(change.run) or (change.kill and not self._kill()):
            return
        self._start(start, wanted)

    def _may_start(self, containers: Sequence[v1.Container]) -> bool:
        """Whether none of them has to wait: they can only start together."""
        for container in containers:
            latest = self.status.latest(container.name)
            if latest is None or latest.state is not ContainerState.EXITED:
                continue
            ended = (latest.finished_at_ns or latest.created_at_ns) / 1e9
            if self.backoff.wait_since(back_off_key(self.pod, container), ended) > 0:
                self._check(container)
                return False
        for container in containers:
            self._check(container)
        return True

    def _check(self, container: v1.Container) -> None:
        """Count a start, or leave the back-off as a result."""
        try:
            check_crash_loop(self.pod, container, self.status, self.backoff)
        except StepFailed as error:
            self._tell(EventReason.BACK_OFF, str(error), container=container.name)
            self._failed(container.name, error, error.reason)

    def _kill(self) -> bool:
        results = kill_pod(self.node, PodKill(self.pod, self.pod.metadata.uid))
        self.results.extend(results)
        return all(result.reason is None for result in results)

    def _wanted(self, start: Start) -> list[Wanted]:
        """Those that can be had; each of the others leaves a result."""
        found = []
        for container in start.containers:
            try:
                with translated(f"start container {container.name}"):
                    found.append(wanted_of(start, container))
            except StepFailed as error:
                self._failed(container.name, error, error.reason)
            except errors.Error as error:
                self._tell(EventReason.FAILED, f"Error: {error}", container=container.name)
                self._failed(container.name, error, Reason.CREATE_CONTAINER_CONFIG_ERROR)
        return found

    def _start(self, start: Start, wanted: Sequence[Wanted]) -> None:
        name = self.pod.metadata.name
        try:
            uuid = run_pod(start, wanted)
        except errors.Error as error:
            message = f"Failed to create pod sandbox: {error}"
            self._tell(EventReason.FAILED_CREATE_POD_SANDBOX, message)
            reason = Reason.CREATE_POD_SANDBOX_ERROR
            self.results.append(
                SyncResult(Action.CREATE_POD_SANDBOX, name, reason, str(error), cause=error)
            )
            return
        self.results.append(SyncResult(Action.CREATE_POD_SANDBOX, name))
        for container, one in zip(start.containers, wanted, strict=True):
            self._post_start(container, f"{uuid}:{one.app}")

    def _resumed(self) -> bool:
        """Go on where a crash left off: launch what was about to be, remove what was not yet."""
        uid, root = self.pod.metadata.uid, self.node.config.root
        left = [one for one in incarnations(self.node.rkt, root, uid) if one.prepared]
        for one in left:
            if resume(self.node, one.uuid):
                self.results.append(SyncResult(Action.CREATE_POD_SANDBOX, self.pod.metadata.name))
                return True
            remove_incarnation(self.node, one.uuid)
        return False

    def _post_start(self, container: v1.Container, container_id: str) -> None:
        """Run the hook; where one fails all of the pod has to go."""
        hook = container.lifecycle.post_start if container.lifecycle else None
        if hook is None:
            self.results.append(SyncResult(Action.START_CONTAINER, container.name))
            return
        try:
            run_hook(hook, hook_target(self.node, container, container_id, self._ips(container_id)))
        except errors.Error as error:
            message = f"PostStartHook failed: {error}"
            self._tell(EventReason.FAILED_POST_START_HOOK, message, container=container.name)
            self._failed(container.name, error, Reason.POST_START_HOOK_ERROR)
            self._kill()
            return
        self.results.append(SyncResult(Action.START_CONTAINER, container.name))

    def _ips(self, container_id: str) -> tuple[str, ...]:
        uuid, root = container_id.partition(":")[0], self.node.config.root
        every = incarnations(self.node.rkt, root, self.pod.metadata.uid)
        return next((one.sandbox.ips for one in every if one.uuid == uuid), ())

    def _failed(self, target: str, error: errors.Error, reason: Reason) -> None:
        retry_after = error.retry_after if isinstance(error, StepFailed) else None
        action = Action.START_CONTAINER
        self.results.append(SyncResult(action, target, reason, str(error), retry_after, error))

    def _tell(self, reason: EventReason, message: str, *, container: str = "") -> None:
        self.node.tell(self.pod, reason, message, container=container, warning=True)


def refuse(pod: v1.Pod) -> None:
    """Check a pod before anything of it is made.

    Raises:
        Unimplemented: it needs what a pod that can't change has not: sidecars that start before
            the rest, ephemeral containers.
    """
    who = f"run pod {pod.metadata.namespace}/{pod.metadata.name}"
    if any(is_sidecar(one) for one in pod.spec.init_containers):
        raise errors.Unimplemented(f"{who}: a sidecar starts before the rest; rkt pods can't grow")
    if pod.spec.ephemeral_containers:
        raise errors.Unimplemented(f"{who}: ephemeral containers join a pod; rkt pods can't grow")
