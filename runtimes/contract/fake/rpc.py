"""What every RPC of the fake does first: remember the call, fail if a test asked for it."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Concatenate, ParamSpec, Protocol, TypeVar

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """One RPC that came in, e.g. ``RunPodSandbox``, with its arguments."""

    rpc: str
    arguments: tuple[object, ...]


@dataclass(slots=True)
class Script:
    """What came in, and which of the next calls fail."""

    calls: list[RecordedCall] = field(default_factory=list)
    failures: dict[str, deque[BaseException]] = field(default_factory=dict)

    def enter(self, rpc: str, arguments: tuple[object, ...]) -> None:
        self.calls.append(RecordedCall(rpc, arguments))
        waiting = self.failures.get(rpc)
        if waiting:
            raise waiting.popleft()


class Scripted(Protocol):
    @property
    def script(self) -> Script: ...


S = TypeVar("S", bound=Scripted)


def rpc(
    name: str,
) -> Callable[[Callable[Concatenate[S, P], R]], Callable[Concatenate[S, P], R]]:
    """Mark a method as the RPC of that name."""

    def decorate(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
        def call(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
            self.script.enter(name, (*args, *kwargs.values()))
            return method(self, *args, **kwargs)

        functools.update_wrapper(call, method)
        return call

    return decorate
