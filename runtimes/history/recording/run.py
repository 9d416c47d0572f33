"""Run the pod through one era, and gather what all its processes and the kernel tell."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from runtimes.core import errors
from runtimes.history.recording import proc
from runtimes.history.recording.kernel import Kernel
from runtimes.history.recording.peer import listener
from runtimes.history.recording.pod import START
from runtimes.history.recording.recorder import read
from runtimes.history.recording.server import MODULE, Served, serving
from runtimes.history.story.caught import Event, Failure, Forked, Hop, Life, Line, Process

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runtimes.history.eras.era import Era
    from runtimes.history.recording.pod import Task

_SECONDS = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Caught:
    """All that was caught of one era.

    Attributes:
        peers: who listened at the endpoints that calls went to.
        daemons: processes that had been there before and started others.
        deaf: why the kernel's events are missing or not whole, empty if they are.
    """

    life: Life
    lines: list[Line]
    events: list[Event]
    peers: dict[str, Process]
    daemons: dict[int, Process]
    deaf: str = ""


@dataclass(slots=True)
class Listening:
    """The kernel's events, where it tells them."""

    events: list[Event] = field(default_factory=list)
    deaf: str = ""


def run(era: Era, task: Task) -> Caught:
    """Run it.

    Raises:
        Error: what kept the pod from running.
    """
    with tempfile.TemporaryDirectory(prefix="runtimes-history-") as folder, ExitStack() as stack:
        file = Path(folder, "hops.jsonl")
        socket = Path(folder, "cri.sock")
        listening = Listening()
        with ExitStack() as ears:
            kernel = _listen(listening, ears)
            if era.served:
                stack.enter_context(serving(Served(era.served, task.config, file), socket))
                task = msgspec.structs.replace(
                    task, options={**task.options, "endpoint": f"unix://{socket}"}
                )
            life = _live(task, file)
            hops = [line for line in read(file) if isinstance(line, Hop)]
            peers = _peers(hops)
        if kernel is not None:
            listening.events = kernel.events
            listening.deaf = "the kernel told more than could be read" if kernel.lost else ""
        daemons = _daemons(listening.events, life)
        stack.close()
        return Caught(
            life=life,
            lines=read(file),
            events=listening.events,
            peers=peers,
            daemons=daemons,
            deaf=listening.deaf,
        )


def _listen(listening: Listening, stack: ExitStack) -> Kernel | None:
    try:
        return stack.enter_context(Kernel())
    except errors.PermissionDenied as error:
        listening.deaf = str(error)
        return None


def _live(task: Task, file: Path) -> Life:
    """Run the pod in a process of its own; the run that started quickest counts."""
    argv = (sys.executable, "-m", MODULE, str(file), "pod", msgspec.json.encode(task).decode())
    done = subprocess.run(argv, stderr=subprocess.PIPE, text=True, check=False, timeout=_SECONDS)
    lines = read(file)
    failure = next((line for line in lines if isinstance(line, Failure)), None)
    if failure is not None:
        raise errors.FailedPrecondition(failure.message)
    lives = [line for line in lines if isinstance(line, Life)]
    if not lives:
        raise errors.Internal(
            f"run the pod on {task.backend}: its process ended with {done.returncode}: "
            f"{done.stderr.strip()}"
        )
    return min(lives, key=lambda life: life.phases[START].length_ns)


def _peers(hops: Iterable[Hop]) -> dict[str, Process]:
    endpoints = dict.fromkeys(hop.peer for hop in hops if hop.peer)
    found = ((endpoint, listener(endpoint)) for endpoint in endpoints)
    return {endpoint: process for endpoint, process in found if process is not None}


def _daemons(events: Iterable[Event], life: Life) -> dict[int, Process]:
    """Who forked while the pod ran, and hadn't been forked itself."""
    forks = [one for one in events if isinstance(one, Forked)]
    born = {one.child for one in forks}
    old = {one.parent for one in forks} - born - {life.pid}
    return {pid: process for pid in sorted(old) if (process := proc.look(pid)).argv}
