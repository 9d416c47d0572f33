"""End an rkt pod of either era, and be sure that it has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import deadline, errors
from runtimes.rkt_stub.program.list import find_pod
from runtimes.rkt_stub.program.status import wait_ended
from runtimes.rkt_stub.program.stop import stop

if TYPE_CHECKING:
    from runtimes.rkt_stub.program.rkt import Answer, Rkt

KILL_SECONDS = 30.0
ANSWER_SECONDS = 10.0


def stop_pod(rkt: Rkt, uuid: str, grace: float) -> None:
    """SIGTERM, `grace` seconds, SIGKILL. Idempotent; an absent one is fine.

    Raises:
        Internal: rkt refuses to stop a pod that runs.
        DeadlineExceeded: it runs on after SIGKILL, or the caller's deadline has passed.
    """
    if grace > 0 and _terminate(rkt, uuid, grace):
        return
    if not _ended(rkt, uuid, stop(rkt, uuid, force=True), KILL_SECONDS):
        raise errors.DeadlineExceeded(
            f"stop rkt pod '{uuid}': it runs {KILL_SECONDS:.0f} s after it was killed"
        )


def _terminate(rkt: Rkt, uuid: str, grace: float) -> bool:
    """Whether it ended in time; on cgroup v2 rkt may hang here, which is no answer."""
    try:
        answer = stop(rkt, uuid, timeout=max(grace, ANSWER_SECONDS))
    except errors.DeadlineExceeded:
        deadline.check(f"stop rkt pod '{uuid}'")
        return False
    return _ended(rkt, uuid, answer, grace)


def _ended(rkt: Rkt, uuid: str, answer: Answer, seconds: float) -> bool:
    """Whether a stop has led to the end; a refusal may mean that there was nothing to stop."""
    if answer.ok:
        return wait_ended(rkt, uuid, seconds)
    found = find_pod(rkt, uuid)
    if found is not None and found["state"] == "running":
        raise answer.failure(f"stop rkt pod '{uuid}'")
    return True
