"""A container's log, in the format of the CRI."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core.logs.line import Entry, encode

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runtimes.core.logs.line import Stream


@dataclass(slots=True)
class LogFile:
    """Keeps its file open, as an engine does, until `reopen`: a renamed log is still written."""

    path: Path
    _descriptor: int = -1

    def write(self, stream: Stream, data: bytes, at_ns: int) -> None:
        if self._descriptor < 0:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
        for line in re.findall(rb"[^\n]*\n|[^\n]+", data):
            os.write(self._descriptor, encode(Entry(at_ns, stream, line)))

    def reopen(self) -> None:
        self.close()
        self.path.touch()

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __del__(self) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class LogSink:
    """One stream of a container; `log` None drops it."""

    log: LogFile | None
    stream: Stream
    now_ns: Callable[[], int]

    def write(self, data: bytes) -> None:
        if self.log is not None and data:
            self.log.write(self.stream, data, self.now_ns())
