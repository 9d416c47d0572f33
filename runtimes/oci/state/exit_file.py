"""Exit codes on disk: ``<code>``, or ``<code> <why>`` where the monitor couldn't tell.

The monitor writes the first form by rename; the file's mtime is the time of the exit. The second
form is ours, for containers whose monitor was killed or whose host was rebooted; it never replaces
the first.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LOST_EXIT_CODE = 255


@dataclass(frozen=True, slots=True)
class Exit:
    """How a container ended.

    Attributes:
        lost: why the real code is unknown; empty when it is known.
    """

    code: int
    at_ns: int
    lost: str = ""


def read(path: Path) -> Exit | None:
    """Read an exit file; None when there is none yet, or only an unreadable one."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        text = os.read(descriptor, 4096).decode(errors="replace")
        at_ns = os.fstat(descriptor).st_mtime_ns
    finally:
        os.close(descriptor)
    code, _, lost = text.strip().partition(" ")
    try:
        return Exit(int(code), at_ns, lost)
    except ValueError:
        return Exit(LOST_EXIT_CODE, at_ns, "the monitor left an unreadable exit file")


def write_lost(path: Path, why: str) -> None:
    """Note that a container ended nobody knows how, unless its exit is on file."""
    temporary = path.with_name(f".{path.name}-{os.urandom(4).hex()}")
    try:
        temporary.write_text(f"{LOST_EXIT_CODE} {why}")
        with suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
