"""Run the pod through one era, and gather what all its processes and the kernel tell."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
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
    from collections.abc import Iterable, Iterator, Sequence

    from runtimes.history.eras.era import Era
    from runtimes.history.recording.pod import Task

_SECONDS = 600.0
_REMOVAL_SECONDS = 60.0


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


def run(era: Era, task: Task) -> Caught:
    """Run it.

    Raises:
        Error: what kept the pod from running.
    """
    with tempfile.TemporaryDirectory(prefix="runtimes-history-") as folder:
        file = Path(folder, "hops.jsonl")
        with Kernel() as kernel, _reachable(era, task, file) as reachable:
            life = _live(reachable, file)
            peers = _peers(read(file))
        return Caught(
            life=life,
            lines=read(file),
            events=kernel.events,
            peers=peers,
            daemons=_daemons(kernel.events, life),
            deaf=kernel.deaf,
        )


@contextmanager
def _reachable(era: Era, task: Task, file: Path) -> Iterator[Task]:
    """Serve what the era wants served; the task knows where."""
    if not era.served:
        yield task
        return
    socket = file.with_name("cri.sock")
    with serving(Served(era.served, task.config, file), socket):
        options = {**task.options, "endpoint": f"unix://{socket}"}
        yield msgspec.structs.replace(task, options=options)


def _live(task: Task, file: Path) -> Life:
    """Run the pod in a process of its own; the run that started quickest counts."""
    argv = (sys.executable, "-m", MODULE, str(file), "pod", msgspec.json.encode(task).decode())
    try:
        code, said = outcome(argv, _SECONDS)
    except subprocess.TimeoutExpired as error:
        raise errors.DeadlineExceeded(
            f"run the pod on {task.backend}: it takes longer than {_SECONDS:g} s"
        ) from error
    lines = read(file)
    failure = next((line for line in lines if isinstance(line, Failure)), None)
    if failure is not None:
        raise errors.FailedPrecondition(failure.message)
    lives = [line for line in lines if isinstance(line, Life)]
    if not lives:
        raise errors.Internal(
            f"run the pod on {task.backend}: its process ended with {code}: {said.strip()}"
        )
    return min(lives, key=lambda life: life.phases[START].length_ns)


def outcome(argv: Sequence[str], seconds: float) -> tuple[int, str]:
    """Run a program, and give its exit code and what it wrote to stderr.

    One that takes too long, or that the user interrupts, is interrupted and given time to remove
    its pod; a second Ctrl-C kills it.

    Raises:
        TimeoutExpired: it has taken longer than `seconds`.
    """
    with subprocess.Popen(
        argv, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            _, said = process.communicate(timeout=seconds)
        except BaseException:
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=_REMOVAL_SECONDS)
            raise
        finally:
            process.kill()
        return process.returncode, said


def _peers(lines: Iterable[Line]) -> dict[str, Process]:
    endpoints = dict.fromkeys(line.peer for line in lines if isinstance(line, Hop) and line.peer)
    found = ((endpoint, listener(endpoint)) for endpoint in endpoints)
    return {endpoint: process for endpoint, process in found if process is not None}


def _daemons(events: Iterable[Event], life: Life) -> dict[int, Process]:
    """Who forked while the pod ran, and hadn't been forked itself."""
    forks = [one for one in events if isinstance(one, Forked)]
    born = {one.child for one in forks}
    old = {one.parent for one in forks} - born - {life.pid}
    return {pid: process for pid in sorted(old) if (process := proc.look(pid)).argv}
