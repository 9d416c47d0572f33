"""What can be told of a pod from outside in words that are the same on every backend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtimes.client import Pod
    from runtimes.core.pod import v1


@dataclass(frozen=True, slots=True)
class ContainerAccount:
    """One container.

    Attributes:
        state: e.g. ``terminated Error 42``, ``running`` or ``waiting PodInitializing``.
        before: likewise, of the attempt before; empty for none.
        log: its lines, sorted: what came by two streams has no order.
    """

    state: str
    before: str
    ready: bool
    restarts: int
    log: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class PodAccount:
    phase: str
    conditions: dict[str, str]
    containers: dict[str, ContainerAccount]


def account_of(pod: Pod) -> PodAccount:
    status = pod.status()
    logs: dict[str, list[bytes]] = {}
    for line in pod.logs():
        logs.setdefault(line.container, []).append(line.text)
    every_one = (*status.init_container_statuses, *status.container_statuses)
    return PodAccount(
        status.phase,
        {one.type: one.status for one in status.conditions},
        {one.name: _container(one, logs.get(one.name, [])) for one in every_one},
    )


def _container(status: v1.ContainerStatus, log: list[bytes]) -> ContainerAccount:
    return ContainerAccount(
        state=_state(status.state),
        before=_state(status.last_state),
        ready=bool(status.ready),
        restarts=status.restart_count or 0,
        log=tuple(sorted(log)),
    )


def _state(state: v1.ContainerState) -> str:
    if state.running:
        return "running"
    if state.terminated:
        return f"terminated {state.terminated.reason} {state.terminated.exit_code}"
    return f"waiting {state.waiting.reason}" if state.waiting else ""
