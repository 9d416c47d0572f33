"""Which processes have to live between a client and a container's first process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.hops import Layer
from runtimes.history.story.caught import Process
from runtimes.history.story.model import SERVER, Link

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from runtimes.history.story.caught import Hop
    from runtimes.history.story.programs import Program

CLIENT, CONTAINER = "your program", "the container"


def chain(
    hops: Iterable[Hop],
    peers: Mapping[str, Process],
    ancestry: Sequence[Process],
    started: Mapping[int, Process],
) -> tuple[Link, ...]:
    """From the client to the container; nothing where the container's ancestors weren't seen.

    Args:
        hops: in order of time.
        peers: who listens at the endpoints that hops name.
        ancestry: of the container's first process, itself first.
        started: the daemons that started the oldest ancestor, by that one's pid.
    """
    if not ancestry:
        return ()
    links: dict[int, Link] = {}
    for hop in hops:
        process = peers.get(hop.peer)
        if process is not None and process.pid not in links:
            links[process.pid] = _link(process, "grpc" if hop.layer is Layer.GRPC else "http")
    if (daemon := started.get(ancestry[-1].pid)) is not None and daemon.pid not in links:
        links[daemon.pid] = _link(daemon, "socket" if links else "fork")
    for process in reversed(ancestry[1:]):
        links.setdefault(process.pid, _link(process, "fork"))
    end = Link(name=CONTAINER, reached="fork")
    return (Link(name=CLIENT), *links.values(), end)


def held(programs: Sequence[Program]) -> tuple[Process, ...]:
    """The ancestry of a container that was gone before /proc could be asked: by forks.

    It is the last container's first process, and those of its forkers that lived on when it began.
    """
    first = next((one for one in reversed(programs) if one.first), None)
    if first is None:
        return ()
    parents = {one.pid: one.parent for one in programs}
    alive = {one.pid: one for one in programs if one.runs_at(first.begin_ns)}
    found, pid = [Process(first.pid, first.argv)], first.parent
    while pid in parents:
        if pid in alive:
            found.append(Process(pid, alive[pid].argv))
        pid = parents[pid]
    return tuple(found)


def starters(
    programs: Sequence[Program], ancestry: Sequence[Process], daemons: Mapping[int, Process]
) -> dict[int, Process]:
    """The daemon that started the oldest ancestor, by the forks that the kernel told of."""
    if not ancestry:
        return {}
    parents = {one.pid: one.parent for one in programs}
    pid = oldest = ancestry[-1].pid
    while pid in parents:
        pid = parents[pid]
    return {oldest: daemons[pid]} if pid in daemons else {}


def called(process: Process) -> str:
    """What a process is called in pictures."""
    return SERVER if "runtimes.history.recording.process" in process.argv else process.name


def _link(process: Process, reached: str) -> Link:
    """A module of Python's runs in an interpreter, whose size says nothing."""
    name = called(process)
    size = 0 if name == SERVER or " -m " in name else process.size_bytes
    return Link(name=name, reached=reached, size_bytes=size)  # type: ignore[arg-type]  # one of its literals
