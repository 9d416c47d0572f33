"""`rkt status`: one pod; its waits, and the pid that only the text has.

That is the pid of what supervises the pod, systemd-nspawn, which is the host's: the pod's first
process is its child. The stage1 fly, whose app is the host's own, tells the app; kvm its machine.
Of a pod that has ended it is told on, and may be somebody else's by now.

An answer of ``--wait-ready`` tells networks as they were before the wait: ask again. On a pod that
has stopped it waits in vain: ask `list` first whether it runs.

Source: rkt Documentation/devel/stage1-implementors-guide.md (pid and ppid files).
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
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
    return rkt.call(*words, timeout=seconds + _MARGIN, interruptible=True).ok


def duration(seconds: float) -> str:
    """As Go writes it; at least a millisecond."""
    return f"{max(1, round(seconds * 1000))}ms"


def pid_of(rkt: Rkt, uuid: str) -> int | None:
    """The pod's first process as the host numbers it; None when it doesn't run."""
    outer = parse_pid(_text(rkt, uuid))
    return None if outer is None else _first_below(outer)


def network_pid(rkt: Rkt, uuid: str) -> int | None:
    """A process in the pod's network; None when it doesn't run, or has it in a machine of its own.

    A pod without a first process is in the network of what is told, unless it is told others.
    """
    text = _text(rkt, uuid)
    outer = parse_pid(text)
    if outer is None:
        return None
    return _first_below(outer) or (None if _told(text).get("networks") else outer)


def _text(rkt: Rkt, uuid: str) -> str:
    answer = rkt.call("status", uuid)
    return answer.text if answer.ok else ""


def _first_below(pid: int) -> int | None:
    """The child that is the first process of a namespace."""
    with suppress(OSError):  # they end while we look
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in (thread / "children").read_text().split():
                if _is_first(child):
                    return int(child)
    return None


def _is_first(pid: str) -> bool:
    told = Path(f"/proc/{pid}/status").read_text().partition("NSpid:")[2].partition("\n")[0]
    return told.split()[-1:] == ["1"]


def parse_pid(text: str) -> int | None:
    """What a running pod's status tells."""
    told = _told(text)
    pid = told.get("pid", "") if told.get("state") == "running" else ""
    return int(pid) if pid.isdecimal() and int(pid) > 0 else None


def _told(text: str) -> dict[str, str]:
    return dict(line.partition("=")[::2] for line in text.splitlines())
