"""What /proc says of one process; nothing of one that is gone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.history.story.caught import Process

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PROC = Path("/proc")


def look(pid: int) -> Process:
    """Describe a process, as far as it can be read."""
    return Process(pid, _argv(pid), _size(pid))


def is_first(pid: int) -> bool:
    """Whether it is the first process of a pid namespace."""
    return _status(pid, "NSpid").split()[-1:] == ["1"]


def cgroups(pid: int) -> str:
    """The paths of its control groups, one a line."""
    return _read(pid, "cgroup")


def ancestry(ids: tuple[str, ...], since: float) -> tuple[Process, ...]:
    """The first process of the container that the last of `ids` names, its parent, and so on.

    It ends before the first ancestor that is older than `since` (seconds since boot): that one only
    took over orphans.
    """
    found = next((pid for one in reversed(ids) for pid in _inside(one) or _below(one)), None)
    return () if found is None else tuple(look(pid) for pid in _upwards(found, since))


def _inside(container_id: str) -> list[int]:
    """The processes of a container whose parent isn't one of them."""
    members = {pid for pid in _pids() if container_id in cgroups(pid)}
    heads = sorted(pid for pid in members if _parent(pid) not in members)
    return sorted(heads, key=lambda pid: not is_first(pid))


def _below(sandbox_id: str) -> list[int]:
    """Where a pod's containers share its processes: those that one with the id in its words began.

    The first process of the namespace is the pod's own, and no container's; a container has mounts
    of its own, and the last of them began last.
    """
    parents = {pid: _parent(pid) for pid in _pids()}
    roots = {pid for pid in parents if any(sandbox_id in word for word in _argv(pid))}
    members = {pid for pid in parents if _is_guest(pid) and roots & {*_line(pid, parents)}}
    heads = [pid for pid in members if parents[pid] not in members]
    return sorted(heads, key=lambda pid: (_shares_mounts(pid, parents[pid]), -_began(pid)))


def _is_guest(pid: int) -> bool:
    """Whether it is in a pid namespace that is neither ours nor its own."""
    return len(_status(pid, "NSpid").split()) > 1 and not is_first(pid)


def _line(pid: int, parents: Mapping[int, int]) -> Iterator[int]:
    while (pid := parents.get(pid, 0)) > 1:
        yield pid


def _shares_mounts(one: int, other: int) -> bool:
    return _namespace(one, "mnt") == _namespace(other, "mnt")


def _upwards(pid: int, since: float) -> Iterator[int]:
    """An ancestor that is the first of a namespace counts where the container is in that one."""
    own = _namespace(pid, "pid")
    yield pid
    while (pid := _parent(pid)) > 1 and _began(pid) >= since:
        if is_first(pid) and _namespace(pid, "pid") != own:
            return
        yield pid


def _namespace(pid: int, kind: str) -> str:
    try:
        return (PROC / str(pid) / "ns" / kind).readlink().name
    except OSError:
        return ""


def _pids() -> list[int]:
    return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]


def _parent(pid: int) -> int:
    return int(_status(pid, "PPid") or 0)


def _began(pid: int) -> float:
    """Seconds since boot."""
    import os

    fields = _read(pid, "stat").rpartition(")")[2].split()
    return int(fields[19]) / os.sysconf("SC_CLK_TCK") if fields else 0.0


def _argv(pid: int) -> tuple[str, ...]:
    words = _read(pid, "cmdline").rstrip("\0").split("\0")
    return tuple(words) if words != [""] else tuple(_read(pid, "comm").splitlines())


def _size(pid: int) -> int:
    try:
        return (PROC / str(pid) / "exe").stat().st_size
    except OSError:
        return 0


def _status(pid: int, field: str) -> str:
    for line in _read(pid, "status").splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return value.strip()
    return ""


def _read(pid: int, name: str) -> str:
    try:
        return (PROC / str(pid) / name).read_text(errors="replace")
    except OSError:
        return ""
