"""List the installed backends without importing any."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core.backend import Kind
from runtimes.core.discovery.entry_points import entry_points

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runtimes.core.discovery.entry_points import EntryPoint

USER_KINDS = (Kind.POD, Kind.CRI)
"""What pods can be run on; a bare Docker interface is a part of others."""


@dataclass(frozen=True, slots=True)
class Installed:
    """What a distribution's metadata say of one backend.

    Attributes:
        target: ``module:attribute``.
        distribution: the package that brings it.
        version: of that package; empty if its metadata don't tell.
    """

    name: str
    kind: Kind
    target: str
    distribution: str
    version: str

    @property
    def source(self) -> str:
        """Package and version, as people write them."""
        return f"{self.distribution} {self.version}".strip()


def installed(kinds: Iterable[Kind] = USER_KINDS) -> list[Installed]:
    """List the backends of `kinds`, sorted by name; one named by two packages comes twice."""
    return [
        Installed(point.name, kind, point.target, point.distribution, point.version)
        for kind, point in points(kinds)
    ]


def points(kinds: Iterable[Kind]) -> list[tuple[Kind, EntryPoint]]:
    """Find the entry points of `kinds`, sorted by name."""
    found = [(kind, point) for kind in kinds for point in entry_points(kind.group)]
    return sorted(found, key=lambda pair: (pair[1].name, pair[1].distribution))
