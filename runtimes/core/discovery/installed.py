"""List the installed backends without importing any."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core.backend import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable
    from importlib.metadata import EntryPoint

USER_KINDS = (Kind.POD, Kind.CRI)
"""What pods can be run on; a bare Docker interface is a part of others."""


@dataclass(frozen=True, slots=True)
class Installed:
    """What a distribution's metadata say of one backend.

    Attributes:
        target: ``module:attribute``.
        distribution: the package that brings it; empty if its metadata don't tell.
        version: of that package.
    """

    name: str
    kind: Kind
    target: str
    distribution: str
    version: str

    @property
    def source(self) -> str:
        """Package and version, as people write them."""
        return f"{self.distribution} {self.version}".strip() or "a package without metadata"


def installed(kinds: Iterable[Kind] = USER_KINDS) -> list[Installed]:
    """List the backends of `kinds`, sorted by name; one named by two packages comes twice."""
    return [_describe(kind, point) for kind, point in entry_points(kinds)]


def entry_points(kinds: Iterable[Kind]) -> list[tuple[Kind, EntryPoint]]:
    """Find entry points of `kinds`, each once, sorted by name."""
    from importlib import metadata

    found: dict[tuple[Kind, str, str], EntryPoint] = {}
    for kind in kinds:
        for point in metadata.entry_points(group=kind.group):
            source = point.dist.name if point.dist else ""
            found.setdefault((kind, point.name, f"{source} {point.value}"), point)
    return sorted(
        ((kind, point) for (kind, _, _), point in found.items()), key=lambda pair: pair[1].name
    )


def _describe(kind: Kind, point: EntryPoint) -> Installed:
    distribution, version = (point.dist.name, point.dist.version) if point.dist else ("", "")
    return Installed(point.name, kind, point.value, distribution, version)
