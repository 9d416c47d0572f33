"""A container's state and how it ended, from Docker's. Pure.

    Docker                                          CRI       reason
    running (paused, restarting too)                RUNNING
    ended, OOM killed, exit code 137                EXITED    OOMKilled
    ended, exit code 0                              EXITED    Completed
    ended, another exit code                        EXITED    Error
    never started, but an exit code                 EXITED    ContainerCannotRun
    never started                                   CREATED

A child that was OOM killed doesn't make its parent so: the exit code tells.

Source: kubelet 1.22 dockershim/docker_container.go (ContainerStatus).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.logs.line import parse_time

if TYPE_CHECKING:
    from runtimes.core.docker.types import ContainerState

_KILLED = 137


@dataclass(frozen=True, slots=True)
class Condition:
    """Times in ns since the epoch, 0 for what hasn't happened."""

    state: cri.ContainerState.ValueType
    reason: str = ""
    started_at_ns: int = 0
    finished_at_ns: int = 0


def condition(state: ContainerState, created_at_ns: int) -> Condition:
    """Read Docker's state."""
    started, finished = moment(state["StartedAt"]), moment(state["FinishedAt"])
    if state["Running"]:
        return Condition(cri.CONTAINER_RUNNING, started_at_ns=started)
    if finished:
        return Condition(cri.CONTAINER_EXITED, _reason(state), started, finished)
    if state["ExitCode"]:
        return Condition(cri.CONTAINER_EXITED, "ContainerCannotRun", created_at_ns, created_at_ns)
    return Condition(cri.CONTAINER_CREATED)


def _reason(state: ContainerState) -> str:
    if state["OOMKilled"] and state["ExitCode"] == _KILLED:
        return "OOMKilled"
    return "Error" if state["ExitCode"] else "Completed"


def moment(text: str) -> int:
    """Docker's time as ns since the epoch; 0 for its "never", the year 1."""
    return 0 if text in {"", "0001-01-01T00:00:00Z"} else max(0, parse_time(text.encode()))
