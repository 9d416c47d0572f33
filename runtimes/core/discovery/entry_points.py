"""Entry points of what is installed, read from the metadata files themselves.

`importlib.metadata` does the same, and its import alone takes a third of the time that a whole
command may take. What isn't installed as a folder, e.g. in a zip file, isn't seen here; `load` has
stevedore for that.

Source: PyPA's entry points specification.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """One name in one group.

    Attributes:
        target: ``module:attribute``.
        distribution: the package's name, with dashes.
        version: of the package, empty when its folder's name doesn't tell.
    """

    group: str
    name: str
    target: str
    distribution: str
    version: str

    @property
    def module(self) -> str:
        return self.target.partition(":")[0]

    def load(self) -> object:
        """Import the module and get the attribute; raises whatever that raises."""
        from importlib import import_module

        found: object = import_module(self.module)
        for attribute in filter(None, self.target.partition(":")[2].split(".")):
            found = getattr(found, attribute)
        return found


def entry_points(group: str, path: Iterable[str] | None = None) -> list[EntryPoint]:
    """Find the entry points of a group, in the order of `path` (by default ``sys.path``).

    Of a distribution that is installed twice, the one that Python would import counts.
    """
    seen: set[str] = set()
    found: list[EntryPoint] = []
    for folder in dict.fromkeys(sys.path if path is None else path):
        for metadata, distribution, version in _distributions(folder or "."):
            if distribution not in seen:
                seen.add(distribution)
                pairs = _read(os.path.join(metadata, "entry_points.txt"), group)  # noqa: PTH118 - the hot path
                found += [
                    EntryPoint(group, n, target, distribution, version) for n, target in pairs
                ]
    return found


def version_of(distribution: str, path: Iterable[str] | None = None) -> str:
    """Tell the version of an installed distribution, empty when it isn't installed as a folder."""
    for folder in dict.fromkeys(sys.path if path is None else path):
        for _, name, version in _distributions(folder or "."):
            if name == distribution:
                return version
    return ""


def _distributions(folder: str) -> Iterator[tuple[str, str, str]]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        stem, dot, ending = entry.name.rpartition(".")
        if dot and ending in {"dist-info", "egg-info"}:
            name, _, version = stem.partition("-")
            yield entry.path, name.replace("_", "-").lower(), version.partition("-")[0]


def _read(path: str, group: str) -> Iterator[tuple[str, str]]:
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123 - the hot path
            text = file.read()
    except (OSError, UnicodeDecodeError):
        return
    if group not in text:
        return
    section = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            section = line.strip("[]").strip()
        elif section == group and "=" in line and not line.startswith(("#", ";")):
            name, _, target = line.partition("=")
            yield name.strip(), target.partition("[")[0].replace(" ", "")
