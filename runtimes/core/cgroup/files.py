"""One cgroup's files, whichever hierarchies they are in."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.core.cgroup.layout import Layout


@dataclass(frozen=True, slots=True)
class Files:
    """Reads what is there; an absent file is an absent answer."""

    layout: Layout
    path: str

    @property
    def is_v2(self) -> bool:
        return self.layout.is_v2

    def text(self, controller: str, name: str) -> str | None:
        directory = self.layout.directory(controller, self.path)
        return None if directory is None else _slurp(directory / name)

    def number(self, controller: str, name: str) -> int | None:
        """None for an absent file and for v2's ``max``."""
        text = self.text(controller, name)
        return int(text) if text is not None and text.strip().isdecimal() else None

    def pairs(self, controller: str, name: str) -> dict[str, int]:
        """Lines of a word and a number; empty for an absent file."""
        rows = (line.split() for line in (self.text(controller, name) or "").splitlines())
        return {row[0]: int(row[1]) for row in rows if len(row) == 2 and row[1].isdecimal()}


def _slurp(file: Path) -> str | None:
    """Read a kernel file in one go; two and a half times as fast as Path.read_text."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return os.read(descriptor, 1 << 16).decode()
    except OSError:
        return None
    finally:
        os.close(descriptor)
