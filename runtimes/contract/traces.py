"""What a run leaves on the host: mounts, processes and control groups that bear its name."""

from __future__ import annotations

import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.contract.engines.cgroups import hierarchies, remove_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.contract.subject import Subject

PATIENCE = 10.0
QOS_CLASSES = frozenset({"besteffort", "burstable", "guaranteed"})
"""Groups of kubelet's own, which stay for the next pod."""


@contextmanager
def no_traces(subject: Subject, run_id: str) -> Iterator[None]:
    """Fail at the end if anything is left; the run's own parent group is removed here."""
    try:
        yield
        left = _left(subject, run_id)
        assert not left, f"{subject.name} left behind: {sorted(left)}"
    finally:
        for hierarchy in hierarchies():
            remove_tree(hierarchy / run_id)


def _left(subject: Subject, run_id: str) -> frozenset[str]:
    end = time.monotonic() + PATIENCE
    while (left := _now(subject, run_id)) and time.monotonic() < end:
        time.sleep(0.1)
    return left


def _now(subject: Subject, run_id: str) -> frozenset[str]:
    own = subject.traces() if subject.traces is not None else frozenset()
    return frozenset(own | groups_below(run_id))


def groups_below(parent: str) -> frozenset[str]:
    """Control groups that runs of the suite made and a backend didn't remove."""
    return frozenset(
        str(path)
        for hierarchy in hierarchies()
        for path in (hierarchy / parent).rglob("*")
        if path.is_dir() and path.name not in QOS_CLASSES
    )


def mounts_below(folder: Path) -> frozenset[str]:
    """Mounts at `folder` or anywhere in it."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    points = (line.split()[4].encode().decode("unicode_escape") for line in lines)
    return frozenset(point for point in points if Path(point).is_relative_to(folder))


def processes_naming(text: str) -> frozenset[str]:
    """Processes with `text` in their command line."""
    return frozenset(
        f"process {path.name}"
        for path in Path("/proc").glob("[0-9]*")
        if text.encode() in _command_line(path)
    )


def _command_line(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""
