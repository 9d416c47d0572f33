"""Count the lines of code that this process has loaded."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

_OURS = "runtimes."
_UNCOUNTED = frozenset({"history"})
_GENERATED = ("_pb2.py",)


def loaded() -> dict[str, int]:
    """Lines with code, by distribution; what is generated, and the recording itself, left out."""
    counted: Counter[str] = Counter()
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name.startswith(_OURS) and file and not file.endswith(_GENERATED):
            counted[name.split(".")[1]] += count(Path(file).read_text())
    return {name: lines for name, lines in sorted(counted.items()) if name not in _UNCOUNTED}


def count(source: str) -> int:
    """Lines that aren't empty and aren't a comment alone."""
    lines = (line.strip() for line in source.splitlines())
    return sum(1 for line in lines if line and not line.startswith("#"))
