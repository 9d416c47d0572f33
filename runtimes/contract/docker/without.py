"""An Engine that lacks what it need not have."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from runtimes.core.docker.interface import DockerInterface


def engine_without(engine: DockerInterface, *calls: str) -> DockerInterface:
    """The same Engine, as if it didn't have some of its optional calls."""
    return cast("DockerInterface", _Without(engine, calls))


class _Without:
    def __init__(self, engine: DockerInterface, calls: tuple[str, ...]) -> None:
        self._engine = engine
        self._calls = calls

    def __getattr__(self, name: str) -> object:
        if name in self._calls:
            raise AttributeError(name)
        return getattr(self._engine, name)
