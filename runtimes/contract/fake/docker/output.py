"""What a process of the fake wrote, and what it may read."""

from __future__ import annotations

import io
import select
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from runtimes.contract.fake.shell.machine import Input

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

Stream = Literal["stdout", "stderr"]
CHUNK = 65536


@dataclass(frozen=True, slots=True)
class Written:
    """A line, or the part of one that was written at once."""

    at_ns: int
    stream: Stream
    data: bytes


@dataclass(slots=True)
class Output:
    """Everything that a process wrote, oldest first."""

    parts: list[Written] = field(default_factory=list)

    def write(self, stream: Stream, data: bytes, at_ns: int) -> None:
        for line in data.splitlines(keepends=True):
            self.parts.append(Written(at_ns, stream, line))


@dataclass(frozen=True, slots=True)
class OutputSink:
    """One stream of a process; a tty has a single one, whose lines end as terminals want it."""

    output: Output
    stream: Stream
    now_ns: Callable[[], int]
    tty: bool

    def write(self, data: bytes) -> None:
        if self.tty:
            self.output.write("stdout", data.replace(b"\n", b"\r\n"), self.now_ns())
        else:
            self.output.write(self.stream, data, self.now_ns())


@dataclass(slots=True)
class LiveInput(Input):
    """Standard input that is still being written; `ended` once nothing more will come."""

    ended: bool = True
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def append(self, data: bytes) -> None:
        with self._lock:
            self.data += data

    def read(self) -> bytes:
        with self._lock:
            data, self.data = self.data, b""
        return data


@dataclass(frozen=True, slots=True)
class Feeder:
    """Moves what a caller has to say into a process's input, without ever waiting for it."""

    source: BinaryIO | None
    target: LiveInput

    def step(self) -> None:
        while self.source is not None and not self.target.ended and self._readable(self.source):
            data = _read(self.source)
            if data:
                self.target.append(data)
            else:
                self.target.ended = True

    @staticmethod
    def _readable(source: BinaryIO) -> bool:
        try:
            descriptor = source.fileno()
        except (OSError, AttributeError):
            return True
        return bool(select.select([descriptor], [], [], 0)[0])


def _read(source: BinaryIO) -> bytes:
    return source.read1(CHUNK) if isinstance(source, io.BufferedIOBase) else source.read(CHUNK)
