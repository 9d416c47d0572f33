"""The fake as a backend, so that whatever takes a backend's name can be tested with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.backend import Kind, Probe, ProbeState
from runtimes.core.capability import Capability

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.core.backend import Backend
    from runtimes.core.cri.services import CriService


@dataclass(frozen=True, slots=True)
class FakeOptions:
    """Attributes:
    state: a JSON file that keeps pods and images from one process to the next.
    """

    state: Path | None = None


@dataclass(frozen=True, slots=True)
class FakeBackend:
    name: str = "fake"
    kind: Kind = Kind.CRI
    era: str = "none: for tests"
    summary: str = "containers that exist in memory only"
    capabilities: frozenset[Capability] = frozenset(
        {
            Capability.EXEC_SYNC,
            Capability.LOGS_REOPEN,
            Capability.CONTAINER_STATS,
            Capability.SANDBOX_STATS,
            Capability.METRICS,
            Capability.EVENTS,
            Capability.LIST_STREAMS,
            Capability.CONTAINER_UPDATE,
            Capability.SANDBOX_UPDATE,
            Capability.RUNTIME_CONFIG,
            Capability.RUNTIME_UPDATE,
            Capability.IMAGE_PULL,
            Capability.IMAGE_REMOVE,
            Capability.IMAGE_FS_INFO,
            Capability.IMAGE_IMPORT,
            Capability.SYSCTLS,
        }
    )
    options: type = FakeOptions

    def probe(self, options: object = None) -> Probe:
        del options
        return Probe(ProbeState.USABLE, "in memory, runs no real process")

    def open(self, options: object = None) -> CriService:
        """Open an empty service, or the one that `state` keeps.

        Raises:
            InvalidArgument: options of another backend.
        """
        from runtimes.contract.fake.service import FakeCri

        chosen = options if options is not None else FakeOptions()
        if not isinstance(chosen, FakeOptions):
            raise errors.InvalidArgument(f"open backend 'fake': {chosen!r} aren't its options")
        return FakeCri(state=chosen.state)


backend = FakeBackend()

if TYPE_CHECKING:
    _: Backend[CriService] = backend
