"""Commands that other distributions add through the entry-point group ``runtimes.commands``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.discovery.entry_points import EntryPoint, entry_points

if TYPE_CHECKING:
    from collections.abc import Iterable

GROUP = "runtimes.commands"


def plugin_commands(path: Iterable[str] | None = None) -> dict[str, EntryPoint]:
    """Find plugin commands by name, without importing any; the first one on `path` counts."""
    found: dict[str, EntryPoint] = {}
    for point in entry_points(GROUP, path):
        found.setdefault(point.name, point)
    return found
