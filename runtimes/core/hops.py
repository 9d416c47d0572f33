"""Where a call leaves one layer for the next: watched if somebody asks, else free.

A layer that hands a call on says so by `hop`. A service that callers reach through one of the three
contracts is passed through `observed` where it is opened.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Service = TypeVar("Service")


class Layer(StrEnum):
    """What is crossed: one of the contracts, or a wire."""

    POD = "pod"
    CRI = "cri"
    DOCKER = "docker"
    GRPC = "grpc"
    HTTP = "http"


class Watcher(Protocol):
    def hop(self, layer: Layer, call: str, peer: str) -> AbstractContextManager[None]:
        """Begin a call, which lasts as long as the context; from any thread."""
        ...


_NOBODY = nullcontext()
_watchers: list[Watcher] = []


def watch(watcher: Watcher) -> None:
    """Tell `watcher` of all hops of this process from now on, and of services opened from now on.

    There is one at a time; the newest counts.
    """
    _watchers[:] = [watcher]


def hop(layer: Layer, call: str, peer: object = "") -> AbstractContextManager[None]:
    """Be the context in which a call is handed on; `peer` is where it goes on a wire."""
    return _watchers[0].hop(layer, call, str(peer)) if _watchers else _NOBODY


def observed(service: Service, layer: Layer) -> Service:
    """The service itself; if somebody watches, one with the same methods, each a hop."""
    if not _watchers:
        return service
    methods = {
        name: _handed_on(layer, name)
        for name in dir(service)
        if not name.startswith("_") and callable(getattr(service, name))
    }
    kind = type(f"Observed{type(service).__name__}", (_Observed,), methods)
    observed_service: Service = kind(service)
    return observed_service


class _Observed:
    def __init__(self, beneath: Any) -> None:  # noqa: ANN401 - any service
        self._beneath = beneath

    def __getattr__(self, name: str) -> object:
        return getattr(self._beneath, name)

    def __enter__(self) -> object:
        self._beneath.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self._beneath.__exit__(*exc)


def _handed_on(layer: Layer, name: str) -> Callable[..., object]:
    def method(service: _Observed, /, *arguments: object, **keywords: object) -> object:
        with hop(layer, name):
            return getattr(service._beneath, name)(*arguments, **keywords)  # noqa: SLF001 - its own

    method.__name__ = name
    return method
