"""What an entry point of the groups `runtimes.docker`, `runtimes.cri` and `runtimes.pod` names."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from runtimes.core.capability import Capability

Service_co = TypeVar("Service_co", covariant=True)


class Kind(StrEnum):
    """Which contract a backend implements, and so its entry-point group ``runtimes.<kind>``."""

    DOCKER = "docker"
    CRI = "cri"
    POD = "pod"

    @property
    def group(self) -> str:
        return f"runtimes.{self}"


class ProbeState(StrEnum):
    USABLE = "usable"
    UNUSABLE = "unusable"  # this host lacks something: the reason and the remedy say what


@dataclass(frozen=True, slots=True)
class Probe:
    """Whether a backend would open here and now.

    Attributes:
        reason: one sentence on what was found, e.g. ``crun 1.8.1, conmon 2.1.6, cgroup v1``.
        remedy: a command or a setting that helps; empty when usable.
        warnings: what works only in part on this host.
    """

    state: ProbeState
    reason: str
    remedy: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def usable(self) -> bool:
        return self.state is ProbeState.USABLE


class Backend(Protocol[Service_co]):
    """A description, cheap to import: heavy modules are imported by `open` alone."""

    @property
    def name(self) -> str:
        """What a user types; equal to the entry point's name."""
        ...

    @property
    def kind(self) -> Kind: ...

    @property
    def era(self) -> str:
        """Which part of the history it belongs to, e.g. ``1: before the CRI``."""
        ...

    @property
    def summary(self) -> str:
        """One line, no full stop."""
        ...

    @property
    def capabilities(self) -> frozenset[Capability]: ...

    @property
    def options(self) -> type:
        """Its options: a frozen dataclass with defaults, filled by `runtimes.core.configure`."""
        ...

    def probe(self, options: object = None) -> Probe:
        """Look, quickly (under a second) and without side effects, whether `open` would work.

        Never raises. None means the default options.
        """
        ...

    def open(self, options: object = None) -> Service_co:
        """Open the service. It is a context manager; leaving it closes connections, not containers.

        Raises:
            BackendUnavailable: with the probe's reason and remedy.
        """
        ...
