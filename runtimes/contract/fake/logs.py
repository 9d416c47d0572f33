"""A container's log, in the format of the CRI.

Source: kubelet pkg/kubelet/kuberuntime/logs: ``<RFC 3339 time> <stream> <P|F> <text>``.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(slots=True)
class LogFile:
    """Keeps its file open, as an engine does, until `reopen`: a renamed log is still written."""

    path: Path
    _descriptor: int = -1

    def write(self, stream: str, data: bytes, at_ns: int) -> None:
        if self._descriptor < 0:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
        for line in data.splitlines(keepends=True):
            tag = "F" if line.endswith(b"\n") else "P"
            head = f"{_rfc3339(at_ns)} {stream} {tag} ".encode()
            os.write(self._descriptor, head + line.rstrip(b"\n") + b"\n")

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
    stream: str
    now_ns: Callable[[], int]

    def write(self, data: bytes) -> None:
        if self.log is not None and data:
            self.log.write(self.stream, data, self.now_ns())


def _rfc3339(at_ns: int) -> str:
    seconds, nanoseconds = divmod(at_ns, 10**9)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{nanoseconds:09d}Z"
