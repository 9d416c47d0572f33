"""What is left of a backend on the host, for `Subject.traces`."""

from __future__ import annotations

from pathlib import Path


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
