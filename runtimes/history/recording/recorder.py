"""Write down the hops of this process, a line of JSON each."""

from __future__ import annotations

import itertools
import os
import threading
import time
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Self

import msgspec

from runtimes.core import typed_json
from runtimes.history.story.caught import Hop, Line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runtimes.core.hops import Layer

_inside: ContextVar[int] = ContextVar("inside", default=0)


class Recorder:
    """A `runtimes.core.hops.Watcher`. Thread-safe; several processes may share the file."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("ab", buffering=0)
        self._numbers = itertools.count(1)
        self._writing = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._file.close()

    @contextmanager
    def hop(self, layer: Layer, call: str, peer: str) -> Iterator[None]:
        number, outer, error = next(self._numbers), _inside.get(), ""
        token = _inside.set(number)
        begin = time.monotonic_ns()
        try:
            yield
        except BaseException as raised:
            error = type(raised).__name__
            raise
        finally:
            end = time.monotonic_ns()
            _inside.reset(token)
            self.write(Hop(os.getpid(), number, outer, layer, call, peer, begin, end, error))

    def write(self, line: Line) -> None:
        """Append one line, by a single write."""
        with self._writing:
            self._file.write(msgspec.json.encode(line) + b"\n")


def read(file: Path) -> list[Line]:
    """All lines of a recording, those of killed processes up to their last."""
    lines = file.read_bytes().split(b"\n")[:-1]
    return [typed_json.decode(line, Line) for line in lines]
