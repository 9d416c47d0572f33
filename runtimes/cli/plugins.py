"""Commands that other distributions add through the entry-point group ``runtimes.commands``."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

GROUP = "runtimes.commands"


@dataclass(frozen=True, slots=True)
class PluginCommand:
    """A command and where it comes from, known without importing anything.

    Attributes:
        target: ``module:attribute``.
        distribution: name as the folder of its metadata has it.
    """

    name: str
    target: str
    distribution: str


def plugin_commands(path: Iterable[str] | None = None) -> dict[str, PluginCommand]:
    """Find plugin commands by name; the first one on `path` (by default ``sys.path``) counts.

    Reads the metadata files itself: importing `importlib.metadata` takes three times as long as
    all the rest of ``runtimes --help``.
    """
    found: dict[str, PluginCommand] = {}
    for folder in dict.fromkeys(sys.path if path is None else path):
        for command in _of_folder(folder or "."):
            found.setdefault(command.name, command)
    return found


def _of_folder(folder: str) -> Iterator[PluginCommand]:
    try:
        names = sorted(entry.name for entry in os.scandir(folder))
    except OSError:
        return
    for name in names:
        if name.endswith((".dist-info", ".egg-info")):
            distribution = name.rpartition(".")[0].partition("-")[0].replace("_", "-")
            yield from _of_file(os.path.join(folder, name, "entry_points.txt"), distribution)  # noqa: PTH118 - pathlib isn't loaded yet, and this is the hot path


def _of_file(path: str, distribution: str) -> Iterator[PluginCommand]:
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123 - as above
            text = file.read()
    except (OSError, UnicodeDecodeError):
        return
    if GROUP not in text:
        return
    section = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            section = line.strip("[]").strip()
        elif section == GROUP and "=" in line and not line.startswith(("#", ";")):
            name, _, target = line.partition("=")
            yield PluginCommand(name.strip(), target.split("[")[0].strip(), distribution)
