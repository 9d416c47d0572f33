"""From a record and the facts of the host to what the CRI calls a state. Pure.

Source: CRI ContainerState and ContainerStatus; reasons as kubelet shows them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from runtimes.oci.state.record import ContainerPhase

if TYPE_CHECKING:
    from runtimes.oci.state.exit_file import Exit
    from runtimes.oci.state.record import ContainerRecord

KILLED_EXIT_CODE = 137


class State(StrEnum):
    CREATED = "created"
    RUNNING = "running"
    EXITED = "exited"


class Reason(StrEnum):
    COMPLETED = "Completed"
    ERROR = "Error"
    OOM_KILLED = "OOMKilled"
    START_ERROR = "StartError"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class Condition:
    """What a container is in; times in ns, 0 when not reached."""

    state: State
    started_at_ns: int = 0
    finished_at_ns: int = 0
    exit_code: int = 0
    reason: str = ""
    message: str = ""


def condition(record: ContainerRecord, ended: Exit | None, *, oom_killed: bool) -> Condition:
    """Combine a record with its exit; without one, a started container counts as running.

    `oom_killed`: the kernel killed something in its cgroup for lack of memory. Only an init that
    died of SIGKILL is "OOMKilled": a killed child whose parent went on is the container's business.
    """
    if record.failure is not None:
        return _failed(record)
    if ended is not None:
        return _exited(record, ended, oom_killed=oom_killed)
    if record.started_at_ns:
        return Condition(State.RUNNING, started_at_ns=record.started_at_ns)
    if record.phase is ContainerPhase.REMOVING:
        return Condition(State.EXITED)
    return Condition(State.CREATED)


def _failed(record: ContainerRecord) -> Condition:
    failure = record.failure
    assert failure is not None  # noqa: S101 -- the caller has looked
    return Condition(
        State.EXITED,
        finished_at_ns=failure.at_ns,
        exit_code=failure.exit_code,
        reason=failure.reason,
        message=failure.message,
    )


def _exited(record: ContainerRecord, ended: Exit, *, oom_killed: bool) -> Condition:
    return Condition(
        State.EXITED,
        started_at_ns=record.started_at_ns,
        # The file system's clock is coarser than ours: never end before the start.
        finished_at_ns=max(ended.at_ns, record.started_at_ns),
        exit_code=ended.code,
        reason=_reason(ended, oom_killed=oom_killed),
        message=ended.lost,
    )


def _reason(ended: Exit, *, oom_killed: bool) -> Reason:
    if ended.lost:
        return Reason.UNKNOWN
    if ended.code == 0:
        return Reason.COMPLETED
    if ended.code == KILLED_EXIT_CODE and oom_killed:
        return Reason.OOM_KILLED
    return Reason.ERROR
