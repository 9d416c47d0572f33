"""A container's state and how it ended, from Docker's. Pure.

    Docker                                          CRI       reason
    running (paused, restarting too)                RUNNING
    ended, OOM killed, exit code 137                EXITED    OOMKilled
    ended, exit code 0                              EXITED    Completed
    ended, another exit code                        EXITED    Error
    never started, but an exit code                 EXITED    ContainerCannotRun
    never started, being removed                    EXITED
    never started                                   CREATED
    a word that isn't Docker's                      UNKNOWN

A child that was OOM killed doesn't make its parent so: the exit code tells.

Source: kubelet 1.22 dockershim/docker_container.go (ContainerStatus).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.logs.line import parse_time

if TYPE_CHECKING:
    from runtimes.core.docker.types import ContainerState, ContainerSummary

_KILLED = 137
_ALIVE = frozenset({"running", "paused", "restarting"})
GOING = frozenset({"removing", "dead"})
_ENDED = GOING | {"exited"}
_WORDS = _ALIVE | _ENDED | {"created"}


@dataclass(frozen=True, slots=True)
class Condition:
    """Times in ns since the epoch, 0 for what hasn't happened."""

    state: cri.ContainerState.ValueType
    reason: str = ""
    started_at_ns: int = 0
    finished_at_ns: int = 0


def condition(state: ContainerState, created_at_ns: int) -> Condition:
    """Read Docker's state."""
    if state.get("Status", "created") not in _WORDS:
        return Condition(cri.CONTAINER_UNKNOWN)
    started, finished = moment(state["StartedAt"]), moment(state["FinishedAt"])
    if state["Running"]:
        return Condition(cri.CONTAINER_RUNNING, started_at_ns=started)
    if finished:
        return Condition(cri.CONTAINER_EXITED, _reason(state), started, finished)
    if cannot_run(state):
        return Condition(cri.CONTAINER_EXITED, "ContainerCannotRun", created_at_ns, created_at_ns)
    if state.get("Status") in GOING:
        return Condition(cri.CONTAINER_EXITED, "", created_at_ns, created_at_ns)
    return Condition(cri.CONTAINER_CREATED)


def cannot_run(state: ContainerState) -> bool:
    """Whether a start failed, which Docker goes on to call created."""
    return not state["Running"] and not moment(state["FinishedAt"]) and state["ExitCode"] != 0


def of_summary(found: ContainerSummary, *, failed: bool) -> cri.ContainerState.ValueType:
    """The state in a list, which has no exit code: whether a start failed is known elsewhere."""
    word = found["State"]
    if word in _ALIVE:
        return cri.CONTAINER_RUNNING
    if word in _ENDED:
        return cri.CONTAINER_EXITED
    if word == "created":
        return cri.CONTAINER_EXITED if failed else cri.CONTAINER_CREATED
    return cri.CONTAINER_UNKNOWN


def _reason(state: ContainerState) -> str:
    if state["OOMKilled"] and state["ExitCode"] == _KILLED:
        return "OOMKilled"
    return "Error" if state["ExitCode"] else "Completed"


def moment(text: str) -> int:
    """Docker's time as ns since the epoch; 0 for its "never", the year 1."""
    return 0 if text in {"", "0001-01-01T00:00:00Z"} else max(0, parse_time(text.encode()))
