"""One control group per app, as a unit of systemd has: what is left of an app ends with it."""

from __future__ import annotations

import os
import signal
import time

from runtimes.rkt_stub.tests.standin.places import read


def hierarchy() -> str:
    """The mount of a controller of version 1, or else of cgroup2."""
    old, new = mounts()
    return (old or new)[0]


def mounts() -> tuple[list[str], list[str]]:
    """Where hierarchies of either version are mounted."""
    found: tuple[list[str], list[str]] = ([], [])
    for line in read("/proc/self/mountinfo").splitlines():
        left, _, right = line.partition(" - ")
        kind = right.split()[0]
        if kind in {"cgroup", "cgroup2"}:
            found[kind == "cgroup2"].append(left.split()[4])
    return found


def join(group: str, pid: int) -> None:
    folder = f"{hierarchy()}/rkt-standin/{group}"
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/cgroup.procs", "w") as file:
        file.write(str(pid))


def end(group: str) -> None:
    """Kill what is in it, and remove it."""
    folder = f"{hierarchy()}/rkt-standin/{group}"
    while os.path.isdir(folder):
        for pid in read(f"{folder}/cgroup.procs").split():
            _kill(int(pid))
        try:
            os.rmdir(folder)
        except OSError:
            time.sleep(0.005)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
