"""Which of the programs that the kernel told of belong to the pod, and what each was."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from runtimes.history.story.caught import Ended, Executed, Forked, name_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from runtimes.history.story.caught import Event

_WORD = re.compile(r"[a-z]{2,12}(-[a-z0-9]+)?\Z")
_SHELL = re.compile(r"(ba|da)?sh\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One program that ran in a process.

    Attributes:
        parent: the process that forked this one, or the nearest one before it that is a program of
            the pod or older than the recording.
        end_ns: None for one that went on.
        first: the first process of a container of the pod.
    """

    pid: int
    parent: int
    argv: tuple[str, ...]
    begin_ns: int
    end_ns: int | None = None
    first: bool = False

    @property
    def name(self) -> str:
        return name_of(self.argv)

    def runs_at(self, at_ns: int) -> bool:
        return self.begin_ns <= at_ns and (self.end_ns is None or at_ns < self.end_ns)


@dataclass(frozen=True, slots=True)
class Pod:
    """Attributes:
    ids: of its containers and sandboxes.
    roots: the processes that serve it.
    held: a container's process that was seen, be it the first of a namespace or not; 0 for none.
    """

    ids: tuple[str, ...]
    roots: frozenset[int]
    held: int = 0


def programs(events: Iterable[Event], pod: Pod) -> list[Program]:
    """The programs of a pod in order of time; what containers start themselves is left out."""
    events = list(events)
    parents = {one.child: one.parent for one in events if isinstance(one, Forked)}
    ends = {one.pid: one for one in events if isinstance(one, Ended)}
    executed = [one for one in events if isinstance(one, Executed)]
    own = _own(executed, parents, pod)
    known = pod.roots | own & {one.process.pid for one in executed}
    last = {one.process.pid: one for one in executed}
    begun: dict[int, list[Program]] = {}
    for one in executed:
        pid, inside = one.process.pid, any(name in one.cgroups for name in pod.ids)
        is_held = pid == pod.held and one is last[pid]
        if _descends(pid, parents, {pod.held}):
            continue
        if pid in own and (one.first or not inside):
            program = Program(
                pid=pid,
                parent=_forker(pid, parents, known),
                argv=one.process.argv,
                begin_ns=one.at_ns,
                first=(one.first and inside) or is_held,
            )
            _add(begun.setdefault(pid, []), program)
    heirs = _heirs(parents, known, {one.process.pid for one in executed})
    whole = [
        one
        for pid, ran in begun.items()
        for one in _ended(ran, [ends.get(body) for body in (pid, *heirs.get(pid, ()))])
    ]
    return sorted(whole, key=lambda one: one.begin_ns)


def label(argv: Sequence[str]) -> str:
    """A program's name, or its script's, and what it was asked to do where plain words say so."""
    program = name_of(argv)
    if " " in program:
        return program
    if _SHELL.match(program) and len(argv) > 1 and argv[1].startswith("/"):
        return label(argv[1:])
    at = next((at for at in range(1, len(argv)) if _is_word(argv, at)), len(argv))
    more = argv[at + 1 : at + 2] if _is_word(argv, at + 1) else ()
    return " ".join([program, *argv[at : at + 1], *more])


def _is_word(argv: Sequence[str], at: int) -> bool:
    """Whether it is a plain word, and not the value of an option."""
    if at >= len(argv) or not _WORD.match(argv[at]):
        return False
    before = argv[at - 1]
    return "=" in before or not before.startswith("-")


def _own(executed: Iterable[Executed], parents: dict[int, int], pod: Pod) -> set[int]:
    """The processes that belong to the pod: by whom they descend from, or whom they name."""
    naming = {
        one.process.pid
        for one in executed
        if any(name in word for name in pod.ids for word in one.process.argv)
    }
    roots = pod.roots | {parents[pid] for pid in naming if pid in parents}
    return naming | {pid for pid in parents if _descends(pid, parents, roots | naming)}


def _forker(pid: int, parents: dict[int, int], known: Collection[int]) -> int:
    pid = parents.get(pid, 0)
    while pid in parents and pid not in known:
        pid = parents[pid]
    return pid


def _descends(pid: int, parents: dict[int, int], roots: Collection[int]) -> bool:
    while pid in parents:
        pid = parents[pid]
        if pid in roots:
            return True
    return False


def _add(ran: list[Program], program: Program) -> None:
    """A program that starts itself again is one; its last command line counts."""
    if ran and ran[-1].name == program.name and ran[-1].first == program.first:
        ran[-1] = replace(ran[-1], argv=program.argv)
    else:
        ran.append(program)


def _heirs(
    parents: dict[int, int], known: Collection[int], executed: Collection[int]
) -> dict[int, list[int]]:
    """Processes that go on with their forker's program, as a monitor does in the background."""
    found: dict[int, list[int]] = {}
    for pid in parents:
        if pid not in executed:
            found.setdefault(_forker(pid, parents, known), []).append(pid)
    return found


def _ended(ran: list[Program], bodies: Sequence[Ended | None]) -> list[Program]:
    """Each ends when the next one of its process begins, the last with the last that runs it."""
    last = [None if one is None else one.at_ns for one in bodies]
    known = [at for at in last if at is not None]
    ends = [*(one.begin_ns for one in ran[1:]), max(known) if len(known) == len(last) else None]
    return [replace(one, end_ns=at) for one, at in zip(ran, ends, strict=True)]
