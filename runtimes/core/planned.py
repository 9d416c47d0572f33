"""A backend that has a name and a place but no code yet: it says so instead of failing oddly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from runtimes.core import errors
from runtimes.core.backend import Probe, ProbeState

if TYPE_CHECKING:
    from runtimes.core.backend import Kind
    from runtimes.core.capability import Capability


@dataclass(frozen=True, slots=True)
class NoOptions:
    """It has no settings."""


@dataclass(frozen=True, slots=True)
class PlannedBackend:
    """Claims nothing, is never usable, and refuses to open."""

    name: str
    kind: Kind
    era: str
    summary: str

    @property
    def capabilities(self) -> frozenset[Capability]:
        return frozenset()

    @property
    def options(self) -> type:
        return NoOptions

    def probe(self, options: object = None) -> Probe:
        del options
        return Probe(
            ProbeState.UNUSABLE,
            f"{self.name} is planned; this version has only its name",
            "choose another backend: runtimes backends",
        )

    def open(self, options: object = None) -> NoReturn:
        """Refuse.

        Raises:
            Unimplemented: always.
        """
        probe = self.probe(options)
        raise errors.Unimplemented(f"open backend '{self.name}': {probe.reason}; {probe.remedy}")
