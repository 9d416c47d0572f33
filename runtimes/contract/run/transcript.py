"""What a backend was asked and what it answered, during the test that runs now.

A service is wrapped, not changed: the wrapper has the methods that the service has, so that
optional protocols are found on it as on the service itself.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from google.protobuf.message import Message

from runtimes.core import deadline

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Service = TypeVar("Service")
_MOST_CALLS = 100
_UNTIMED = frozenset({"close", "pull_image", "get_container_events", "events", "wait_for_change"})
"""Calls that may rightly take as long as the caller waits."""
_MAKERS = frozenset({"run_pod_sandbox", "create_container"})


@dataclass(slots=True)
class Call:
    """One call; `took` in seconds is None while it runs.

    Attributes:
        arguments: messages among them are copies, so that later changes don't show.
    """

    name: str
    arguments: tuple[object, ...]
    keywords: Mapping[str, object]
    began: float
    took: float | None = None
    answer: object = None
    error: BaseException | None = None


@dataclass(slots=True)
class Transcript:
    """The last calls of the current test, from any thread.

    Attributes:
        patience: seconds that a single call gets.
        made: ids of all sandboxes and containers that were made, in any test.
    """

    patience: float = 60.0
    made: set[str] = field(default_factory=set)
    _calls: deque[Call] = field(default_factory=lambda: deque(maxlen=_MOST_CALLS))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self) -> None:
        """Forget the test before."""
        with self._lock:
            self._calls = deque(maxlen=_MOST_CALLS)

    def calls(self) -> list[Call]:
        with self._lock:
            return list(self._calls)

    def wrap(self, service: Service) -> Service:
        """The same service, every call of which is noted down and bounded."""
        methods = {
            name: self._noted(name)
            for name in dir(service)
            if not name.startswith("_") and callable(getattr(service, name))
        }
        kind = type(f"Noted{type(service).__name__}", (_Wrapper,), methods)
        wrapper: Service = kind(service)
        return wrapper

    def _noted(self, name: str) -> Callable[..., object]:
        def method(wrapper: _Wrapper, /, *arguments: object, **keywords: object) -> object:
            call = Call(name, tuple(map(_copy, arguments)), keywords, time.time())
            with self._lock:
                self._calls.append(call)
            begin = time.perf_counter()
            try:
                with deadline.within(None if name in _UNTIMED else self.patience):
                    answer = getattr(wrapper.wrapped, name)(*arguments, **keywords)
            except BaseException as error:
                call.error = error
                raise
            finally:
                call.took = time.perf_counter() - begin
            if name in _MAKERS:
                self.made.add(_id_of(answer))
            # A stream that was kept here would stay open after the test that let go of it.
            call.answer = repr(answer) if isinstance(answer, Iterator) else answer
            return answer

        method.__name__ = name
        return method


def _id_of(made: object) -> str:
    """An Engine answers with more than the id."""
    return str(made["Id"] if isinstance(made, dict) else made)


class _Wrapper:
    def __init__(self, wrapped: Any) -> None:  # noqa: ANN401 - any service
        self.wrapped = wrapped

    def __getattr__(self, name: str) -> object:
        return getattr(self.wrapped, name)

    def __enter__(self) -> object:
        self.wrapped.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self.wrapped.__exit__(*exc)


def _copy(value: object) -> object:
    return (
        type(value).FromString(value.SerializeToString()) if isinstance(value, Message) else value
    )
