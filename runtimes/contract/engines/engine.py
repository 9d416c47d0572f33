"""What every engine offers to the command and to the tests."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


class Engine(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of engines to start first, where they can be."""
        ...

    def missing(self) -> list[str]:
        """What this host lacks for it, each with how to get it; empty when it can start."""
        ...

    def running(self) -> bool: ...

    def start(self) -> None:
        """Start it from nothing and wait until it answers.

        Raises:
            EngineFailed: with the end of its log.
        """
        ...

    def stop(self) -> None:
        """End it and all that it started. Idempotent."""
        ...

    def env(self) -> dict[str, str]:
        """Variables that tell tests where it is."""
        ...


@runtime_checkable
class Restartable(Protocol):
    """An engine whose containers outlive it."""

    def restart(self) -> None:
        """Kill -9 its daemon alone, start it again and wait until it answers.

        Raises:
            EngineFailed: it doesn't run, or with the end of its log.
        """
        ...
