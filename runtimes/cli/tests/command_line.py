"""The command on a fake backend, in this process or in one of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.cli.app import run

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


@dataclass(frozen=True)
class Result:
    """What a command line left."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[list[str]]:
        """A table's rows, headings left out."""
        return [line.split() for line in self.out.splitlines()[1:]]


@dataclass(frozen=True)
class Cli:
    """The command on a fake backend whose state outlives the process."""

    folder: Path
    capture: pytest.CaptureFixture[str]

    def __call__(self, *words: str) -> Result:
        """Run in this process."""
        self.capture.readouterr()
        code = run(words)
        captured = self.capture.readouterr()
        return Result(code, captured.out, captured.err)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start in a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "runtimes.cli.main", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "NO_COLOR": "1"},
        )

    def ok(self, *words: str) -> Result:
        """Run, and expect success."""
        result = self(*words)
        assert result.code == 0, result
        return result

    def manifest(self, text: str, name: str = "pod.yaml") -> str:
        """Write a manifest, return its path."""
        path = self.folder / name
        path.write_text(text)
        return str(path)
