"""How many processes, threads, descriptors and sockets there are, and how many there may be."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core.cgroup import tree
from runtimes.core.metrics.family import Family, Sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.core.cgroup.files import Files

PROCESSES = Family("container_processes", "Processes that exist.")
THREADS = Family("container_threads", "Threads that exist.")
THREADS_MOST = Family("container_threads_max", "How many threads may exist; 0 is no limit.")
DESCRIPTORS = Family("container_file_descriptors", "Open file descriptors.")
SOCKETS = Family("container_sockets", "Open sockets.")
ULIMIT = Family("container_ulimits_soft", "Soft limits of the first process.", more=("ulimit",))
FAMILIES = (PROCESSES, THREADS, THREADS_MOST, DESCRIPTORS, SOCKETS, ULIMIT)
_OPEN_FILES = "Max open files"


def samples(files: Files, pid: int | None) -> Iterator[Sample]:
    """`pid` is the container's first process; what ends meanwhile isn't counted."""
    pids = tree.processes(files.layout, files.path)
    kinds = [_descriptors(each) for each in pids]
    yield Sample(PROCESSES, len(pids))
    yield Sample(DESCRIPTORS, sum(descriptors for descriptors, _ in kinds))
    yield Sample(SOCKETS, sum(sockets for _, sockets in kinds))
    threads = files.number("pids", "pids.current")
    if threads is not None:
        yield Sample(THREADS, threads)
        yield Sample(THREADS_MOST, files.number("pids", "pids.max") or 0)
    limit = None if pid is None else _open_files(pid)
    if limit is not None:
        yield Sample(ULIMIT, limit, ("max_open_files",))


def _descriptors(pid: int) -> tuple[int, int]:
    """Of a process: all, and those that are sockets."""
    descriptors = sockets = 0
    with suppress(OSError):  # it has ended
        for entry in os.scandir(f"/proc/{pid}/fd"):
            descriptors += 1
            with suppress(OSError):  # it was closed
                sockets += str(Path(entry.path).readlink()).startswith("socket:")
    return descriptors, sockets


def _open_files(pid: int) -> int | None:
    """None if there is no limit, or no process."""
    try:
        lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
    except OSError:
        return None
    line = next(line for line in lines if line.startswith(_OPEN_FILES))
    soft = line.removeprefix(_OPEN_FILES).split()[0]
    return int(soft) if soft.isdecimal() else None
