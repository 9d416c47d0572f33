"""An Engine in memory that tells another system than Linux, as a plugin of kind docker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.contract.fake.docker.service import FakeDocker
from runtimes.contract.testimage.busybox import BUSYBOX
from runtimes.core.backend import Kind, Probe, ProbeState

if TYPE_CHECKING:
    from runtimes.core.capability import Capability
    from runtimes.core.docker.types import Version


class BrokenEngine(FakeDocker):
    def version(self) -> Version:
        return {**super().version(), "Os": "plan9"}


@dataclass(frozen=True, slots=True)
class NoOptions:
    """None."""


@dataclass(frozen=True, slots=True)
class BrokenEngineBackend:
    name: str = "broken-engine"
    kind: Kind = Kind.DOCKER
    era: str = "1: before the CRI"
    summary: str = "the fake Engine with a fault"
    capabilities: frozenset[Capability] = frozenset()
    options: type = NoOptions

    def probe(self, options: object = None) -> Probe:
        return Probe(ProbeState.USABLE, "in memory")

    def open(self, options: object = None) -> BrokenEngine:
        engine = BrokenEngine()
        engine.pull_image(BUSYBOX)
        return engine


backend = BrokenEngineBackend()
