"""One look at the host, as far as this process sees it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from runtimes.contract.engines.cgroups import hierarchies

_PROC = Path("/proc")
_NSFS = "nsfs"
_START_TIME = 19  # of the fields after the command's name
_PARENT = 1


@dataclass(frozen=True, slots=True, order=True)
class Process:
    """Attributes:
    start: in the kernel's ticks; a pid is reused, a pid with its start time isn't.
    groups: its control groups, one line each.
    """

    pid: int
    start: int
    parent: int
    command: str
    groups: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Attributes:
    mounts: mount points, without those that pin a namespace.
    namespaces: files that pin one.
    groups: folders of control groups, in every hierarchy.
    descriptors: of this very process: number and what it is.
    """

    mounts: frozenset[str] = frozenset()
    namespaces: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    processes: frozenset[Process] = frozenset()
    descriptors: frozenset[tuple[int, str]] = frozenset()


def take() -> Snapshot:
    """Look now. What comes and goes meanwhile may be in it or not."""
    points = dict(map(_mount, (_PROC / "self/mountinfo").read_text().splitlines()))
    return Snapshot(
        mounts=frozenset(point for point, kind in points.items() if kind != _NSFS),
        namespaces=frozenset(point for point, kind in points.items() if kind == _NSFS),
        groups=frozenset(
            str(Path(folder)) for hierarchy in hierarchies() for folder, _, _ in os.walk(hierarchy)
        ),
        processes=frozenset(found for pid in _pids() if (found := _process(pid)) is not None),
        descriptors=frozenset(_descriptors()),
    )


def _mount(line: str) -> tuple[str, str]:
    """Where something is mounted, and of what kind it is.

    Source: proc(5), mountinfo; blanks in paths are octal escapes.
    """
    place, _, rest = line.partition(" - ")
    return place.split()[4].encode().decode("unicode_escape"), rest.split()[0]


def _pids() -> list[int]:
    return [int(path.name) for path in _PROC.glob("[0-9]*")]


def _process(pid: int) -> Process | None:
    folder = _PROC / str(pid)
    try:
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
        command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        groups = (folder / "cgroup").read_text()
    except OSError:  # it has ended
        return None
    if fields[0] in {"Z", "X"}:
        return None
    return Process(pid, int(fields[_START_TIME]), int(fields[_PARENT]), command.strip(), groups)


def _descriptors() -> list[tuple[int, str]]:
    found = []
    for path in (_PROC / "self/fd").iterdir():
        try:
            found.append((int(path.name), str(path.readlink())))
        except OSError:  # the one that reads this folder
            continue
    return found
