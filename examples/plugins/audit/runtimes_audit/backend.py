"""What the entry point names: cheap to import, so that listing backends stays quick."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runtimes.core import configure, discovery, errors
from runtimes.core.backend import Backend, Kind, Probe, ProbeState

if TYPE_CHECKING:
    from runtimes.core.capability import Capability
    from runtimes.core.cri.services import CriService


@dataclass(frozen=True, slots=True)
class AuditOptions:
    """Settings, from --option key=value, the configuration file or Python.

    Attributes:
        over: the CRI backend that does the work.
        file: gets a JSON line for each call that changes something.
        options: of the backend beneath, as ``key=value,...``.
    """

    over: str = "oci"
    file: Path = Path("/var/log/runtimes-audit.jsonl")
    options: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuditBackend:
    name: str = "audit"
    kind: Kind = Kind.CRI
    era: str = "4: no daemon at all"
    summary: str = "another backend, with a record of every change"
    options: type = AuditOptions

    @property
    def capabilities(self) -> frozenset[Capability]:
        """Those of the backend beneath that is the default; a claim has to hold before `open`."""
        return _beneath(AuditOptions()).capabilities

    def probe(self, options: object = None) -> Probe:
        """Ask the backend beneath; nothing else is needed."""
        try:
            chosen = _chosen(options)
            beneath = _beneath(chosen)
            return beneath.probe(configure.fill(beneath.options, chosen.options))
        except errors.Error as error:
            return Probe(ProbeState.UNUSABLE, str(error), "choose another by --option over=NAME")

    def open(self, options: object = None) -> CriService:
        """Open the backend beneath.

        Raises:
            BackendUnavailable: it isn't installed, or not usable here.
            InvalidArgument: options of another backend, or ones that it doesn't have.
        """
        from runtimes_audit.service import audited

        chosen = _chosen(options)
        beneath = _beneath(chosen)
        service = beneath.open(configure.fill(beneath.options, chosen.options))
        return audited(service, chosen.file)


def _chosen(options: object) -> AuditOptions:
    chosen = AuditOptions() if options is None else options
    if not isinstance(chosen, AuditOptions):
        raise errors.InvalidArgument(f"open backend 'audit': {chosen!r} aren't its options")
    return chosen


def _beneath(options: AuditOptions) -> Backend[Any]:
    return discovery.load(options.over, [Kind.CRI])


backend = AuditBackend()
