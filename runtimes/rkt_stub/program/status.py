"""`rkt status`: one pod; its waits, and the pid that only the text has.

An answer of ``--wait-ready`` tells networks as they were before the wait: ask again. On a pod that
has stopped it waits in vain: ask `list` first whether it runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtimes.rkt_stub.program.rkt import Rkt

_MARGIN = 10.0


def wait_ready(rkt: Rkt, uuid: str, seconds: float) -> bool:
    """Wait until the pod's apps run; False when time ran out or it can't be told."""
    return _wait(rkt, uuid, "wait-ready", seconds)


def wait_ended(rkt: Rkt, uuid: str, seconds: float) -> bool:
    """Wait until the pod has exited; False when time ran out or it can't be told."""
    return _wait(rkt, uuid, "wait", seconds)


def _wait(rkt: Rkt, uuid: str, what: str, seconds: float) -> bool:
    words = ("status", f"--{what}={duration(seconds)}", "--format=json", uuid)
    return rkt.call(*words, timeout=seconds + _MARGIN).ok


def duration(seconds: float) -> str:
    """As Go writes it; at least a millisecond."""
    return f"{max(1, round(seconds * 1000))}ms"


def pid_of(rkt: Rkt, uuid: str) -> int | None:
    """The pod's first process as the host numbers it; None when it doesn't run.

    Of a pod that has ended rkt tells the pid on, which may be somebody else's by now.
    """
    answer = rkt.call("status", uuid)
    return parse_pid(answer.text) if answer.ok else None


def parse_pid(text: str) -> int | None:
    told = dict(line.partition("=")[::2] for line in text.splitlines())
    pid = told.get("pid", "") if told.get("state") == "running" else ""
    return int(pid) if pid.isdecimal() and int(pid) > 0 else None
