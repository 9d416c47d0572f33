"""Control groups are the host's, whatever the namespace: what an engine leaves is removed here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path("/sys/fs/cgroup")


def hierarchies() -> list[Path]:
    """Every hierarchy's root: one on a unified host, one per controller else."""
    if (ROOT / "cgroup.controllers").exists():
        return [ROOT]
    return [path for path in ROOT.glob("*") if (path / "cgroup.procs").exists()]


def remove_cgroups(parent: str, names: Iterable[str]) -> None:
    """Remove groups `names` below `parent`, and `parent` if that leaves it empty.

    A group with live processes stays.
    """
    for hierarchy in hierarchies():
        for name in names:
            remove_tree(hierarchy / parent / name)
        _remove(hierarchy / parent)


def remove_group(name: str) -> None:
    """Remove a group of the first level with all below it, in every hierarchy."""
    for hierarchy in hierarchies():
        remove_tree(hierarchy / name)


def remove_tree(folder: Path) -> None:
    """Remove a group with all below it, the deepest first."""
    if folder.is_dir():
        below = sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True)
        for path in [*below, folder]:
            _remove(path)


def _remove(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        return
