"""A runtime made of three lists: enough to carry out any decision, and to break anything."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.pod.status import (
    ContainerState,
    ContainerStatus,
    PodStatus,
    SandboxStatus,
)
from runtimes.core.pod.sync import Action, SyncResult
from runtimes.kubelet.actions.hash import definition_hash
from runtimes.kubelet.actions.wishes import sandbox_hash
from runtimes.kubelet.tests.builders import UID

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.core.pod import v1
    from runtimes.kubelet.actions.model import ContainerKill
    from runtimes.kubelet.events import Event, EventReason
    from runtimes.kubelet.sync.steps import PodSteps


@dataclass
class ModelRuntime:
    """Attributes:
    fails: names of steps that raise, e.g. ``start_container:app`` or ``create_sandbox``.
    exit_codes: with which each container ends when `end` lets it.
    calls: what was asked, in order.
    """

    sandboxes: list[SandboxStatus] = field(default_factory=list)
    containers: list[ContainerStatus] = field(default_factory=list)
    fails: dict[str, errors.Error] = field(default_factory=dict)
    exit_codes: dict[str, int] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    events: list[EventReason] = field(default_factory=list)
    now_ns: Callable[[], int] = lambda: 10**18
    _ticks: int = 0

    def status(self) -> PodStatus:
        """Newest first in both lists."""
        sandboxes = tuple(reversed(self.sandboxes))
        return PodStatus(
            uid=UID,
            name="web",
            namespace="default",
            ips=sandboxes[0].ips if sandboxes and sandboxes[0].ready else (),
            containers=tuple(reversed(self.containers)),
            sandboxes=sandboxes,
        )

    def end(self, name: str) -> None:
        """Let the running attempt of a container end with its exit code."""
        self._update(
            lambda one: one.name == name and one.state is ContainerState.RUNNING,
            state=ContainerState.EXITED,
            exit_code=self.exit_codes.get(name, 0),
            finished_at_ns=self.now_ns(),
        )

    @property
    def running(self) -> set[str]:
        return {one.name for one in self.containers if one.state is ContainerState.RUNNING}

    def tell(self, event: Event) -> None:
        self.events.append(event.reason)

    def kill_pod(self, pod: v1.Pod, status: PodStatus) -> list[SyncResult]:
        self._call("kill_pod")
        self._update(
            lambda one: one.state in {ContainerState.RUNNING, ContainerState.UNKNOWN},
            state=ContainerState.EXITED,
            exit_code=137,
            finished_at_ns=self.now_ns(),
        )
        self.sandboxes = [replace(one, ready=False, ips=()) for one in self.sandboxes]
        return [SyncResult(Action.KILL_POD_SANDBOX, UID)]

    def kill_container(self, pod: v1.Pod, kill: ContainerKill) -> None:
        self._call(f"kill_container:{kill.name}")
        self._update(lambda one: one.id == kill.id, state=ContainerState.EXITED, exit_code=137)

    def remove_container(self, container_id: str) -> None:
        self._call(f"remove_container:{container_id}")
        self.containers = [one for one in self.containers if one.id != container_id]

    def refresh(self, pod: v1.Pod, ips: tuple[str, ...]) -> None:
        pass  # no files here

    def prepare(self, pod: v1.Pod) -> None:
        self._call("prepare")

    def create_sandbox(self, pod: v1.Pod, attempt: int) -> str:
        self._call("create_sandbox")
        if any(one.attempt == attempt for one in self.sandboxes):
            raise errors.AlreadyExists(f"sandbox attempt {attempt}")
        host = bool(pod.spec.host_network)
        new = SandboxStatus(
            id=f"sandbox-{attempt}-{self._tick()}",
            attempt=attempt,
            ready=True,
            created_at_ns=self._ticks,
            host_network=host,
            ips=() if host else ("10.0.0.2",),
            hash=sandbox_hash(pod),
        )
        self.sandboxes.append(new)
        return new.id

    def use_sandbox(self, pod: v1.Pod, status: PodStatus, sandbox_id: str) -> str:
        assert any(one.id == sandbox_id and one.ready for one in self.sandboxes)
        return sandbox_id

    def start_container(
        self,
        pod: v1.Pod,
        container: v1.Container | v1.EphemeralContainer,
        sandbox: str,
        status: PodStatus,
    ) -> None:
        self._call(f"start_container:{container.name}")
        latest = status.latest(container.name)
        self.containers.append(
            ContainerStatus(
                id=f"{container.name}-{self._tick()}",
                name=container.name,
                state=ContainerState.RUNNING,
                created_at_ns=self._ticks,
                hash=definition_hash(pod, container),
                restart_count=0 if latest is None else latest.restart_count + 1,
            )
        )

    def _call(self, name: str) -> None:
        self.calls.append(name)
        if name in self.fails:
            raise self.fails[name]

    def _tick(self) -> int:
        self._ticks += 1
        return self._ticks

    def _update(self, chosen: Callable[[ContainerStatus], bool], **fields: object) -> None:
        self.containers = [
            replace(one, **fields) if chosen(one) else one  # type: ignore[arg-type]  # its fields
            for one in self.containers
        ]


if TYPE_CHECKING:

    def _is_steps(model: ModelRuntime) -> PodSteps[str]:
        return model
