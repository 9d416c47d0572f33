"""What a container left as its last words.

Source: kubelet pkg/kubelet/kuberuntime/kuberuntime_container.go (getTerminationMessage).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 4096
MAX_LOG_BYTES = 2048
MAX_LOG_LINES = 80
FALLBACK = "FallbackToLogsOnError"


@dataclass(frozen=True, slots=True, kw_only=True)
class LastWords:
    """Where they may be.

    Attributes:
        file: host path of the termination log, None when nothing is mounted there.
        log: host path of the container's log, None when it has none.
    """

    file: Path | None
    log: Path | None
    policy: str
    exit_code: int


def termination_message(words: LastWords) -> str:
    """Read the file's end; or the log's end, if the policy says so and the container failed."""
    message = ""
    if words.file is not None:
        try:
            message = _tail(words.file)
        except OSError as error:
            return f"Error on reading termination log {words.file}: {error.strerror}"
    if message or words.policy != FALLBACK or words.exit_code == 0 or words.log is None:
        return message
    return _log_tail(words.log)


def _tail(path: Path) -> str:
    """Read the last bytes; the container owns the file, so links are not followed."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        size = os.fstat(descriptor).st_size
        file.seek(max(0, size - MAX_BYTES))
        return file.read(MAX_BYTES).decode(errors="replace")


def _log_tail(path: Path) -> str:
    from runtimes.core.logs import read

    try:
        text = b"".join(entry.render() for entry in read(path, tail=MAX_LOG_LINES))
    except errors.Error as error:
        return f"Error reading termination message from logs: {error}"
    return text[-MAX_LOG_BYTES:].decode(errors="replace")
