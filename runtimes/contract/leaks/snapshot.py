"""One look at the host, as far as this process sees it."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.contract.engines.cgroups import hierarchies

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROC = Path("/proc")
_NSFS = "nsfs"
_START_TIME = 19  # of the fields after the command's name
_PARENT = 1
_OF_A_LEAF = 2


@dataclass(frozen=True, slots=True, order=True)
class Process:
    """Attributes:
    start: in the kernel's ticks; a pid is reused, a pid with its start time isn't.
    parent, command, groups: of one that is looked at closely; control groups have a line each.
    """

    pid: int
    start: int
    parent: int = field(default=0, compare=False)
    command: str = field(default="", compare=False)
    groups: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Attributes:
    mounts: mount points, without those that pin a namespace.
    namespaces: files that pin one.
    groups: folders of control groups, in every hierarchy; of a second look only, for hosts have
        thousands, and none bears a name that a run has yet to give.
    descriptors: of this very process: number and what it is.
    """

    mounts: frozenset[str] = frozenset()
    namespaces: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    processes: frozenset[Process] = frozenset()
    descriptors: frozenset[tuple[int, str]] = frozenset()


def take(before: Snapshot | None = None) -> Snapshot:
    """Look now, closely only at processes that are new. What comes and goes may be in it or not."""
    points = dict(map(_mount, (_PROC / "self/mountinfo").read_text().splitlines()))
    found = frozenset(one for pid in _pids() if (one := _identity(pid)) is not None)
    known = found if before is None else before.processes
    roots = [] if before is None else map(str, hierarchies())
    return Snapshot(
        mounts=frozenset(point for point, kind in points.items() if kind != _NSFS),
        namespaces=frozenset(point for point, kind in points.items() if kind == _NSFS),
        groups=frozenset(path for root in roots for path in _groups_below(root)),
        processes=(found & known) | frozenset(map(_closely, found - known)),
        descriptors=frozenset(_descriptors()),
    )


def _groups_below(folder: str) -> Iterator[str]:
    """A folder of cgroupfs has two links and one for each folder in it: few have any."""
    try:
        inside = [entry for entry in os.scandir(folder) if entry.is_dir()]
    except FileNotFoundError:  # removed meanwhile
        return
    for entry in inside:
        yield entry.path
        with suppress(FileNotFoundError):
            if entry.stat(follow_symlinks=False).st_nlink > _OF_A_LEAF:
                yield from _groups_below(entry.path)


def _mount(line: str) -> tuple[str, str]:
    """Where something is mounted, and of what kind it is.

    Source: proc(5), mountinfo; blanks in paths are octal escapes.
    """
    place, _, rest = line.partition(" - ")
    return place.split()[4].encode().decode("unicode_escape"), rest.split()[0]


def _pids() -> list[int]:
    return [int(path.name) for path in _PROC.glob("[0-9]*")]


def _identity(pid: int) -> Process | None:
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:  # it has ended
        return None
    if fields[0] in {"Z", "X"}:
        return None
    return Process(pid, int(fields[_START_TIME]), int(fields[_PARENT]))


def _closely(process: Process) -> Process:
    folder = _PROC / str(process.pid)
    try:
        command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        groups = (folder / "cgroup").read_text()
    except OSError:
        return process
    return replace(process, command=command.strip(), groups=groups)


def _descriptors() -> list[tuple[int, str]]:
    found = []
    for path in (_PROC / "self/fd").iterdir():
        try:
            found.append((int(path.name), str(path.readlink())))
        except OSError:  # the one that reads this folder
            continue
    return found
