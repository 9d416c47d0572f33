"""What the containers of a pod wrote, one after the other or all as it comes."""

from __future__ import annotations

import heapq
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import errors, logs
from runtimes.core.logs.line import Entry
from runtimes.core.pod.status import ContainerState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Literal

    from runtimes.core.pod.status import ContainerStatus

_FOLLOW_PERIOD = 0.1
_STATUS_PERIOD = 0.5
_ENDED = {ContainerState.EXITED, ContainerState.UNKNOWN}


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line that a container wrote.

    Attributes:
        container: its name.
        attempt: which of its runs, counted from 0.
        timestamp_ns: ns since the epoch.
        text: with its newline. Without one, the stream's next line goes on with it.
    """

    container: str
    attempt: int
    timestamp_ns: int
    stream: Literal["stdout", "stderr"]
    text: bytes

    def render(self, *, timestamps: bool = False) -> bytes:
        """Text to show, after its time if `timestamps`."""
        entry = Entry(self.timestamp_ns, self.stream, self.text)
        return entry.render(timestamps=timestamps)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOptions:
    """Which lines.

    Attributes:
        tail: only this many of the last lines of each container.
        since_ns: nothing older.
    """

    tail: int | None = None
    since_ns: int = 0


def read_all(statuses: Iterable[ContainerStatus], options: LogOptions) -> Iterator[LogLine]:
    """Yield what several containers wrote until now, in the order of time.

    Raises:
        NotFound: a log doesn't exist.
        Unimplemented: a container's backend has no log files.
    """
    sources = [_read(status, options) for status in statuses]
    return heapq.merge(*sources, key=lambda line: line.timestamp_ns)


def follow_all(
    look: Callable[[], Iterable[ContainerStatus]],
    options: LogOptions,
    goes_on: Callable[[], bool] = lambda: False,
) -> Iterator[LogLine]:
    """Yield what containers write until none of those that `look` gives runs any more.

    While `goes_on` says so, such a container may be started again, and is waited for.
    """
    merger = Merger(options)
    looked = 0.0
    try:
        while True:
            if time.monotonic() - looked >= _STATUS_PERIOD or merger.idle:
                looked = time.monotonic()
                merger.update(look())
            lines = merger.lines()
            yield from lines
            if merger.idle and not goes_on():
                return
            if not lines:
                time.sleep(_STATUS_PERIOD if merger.idle else _FOLLOW_PERIOD)
    finally:
        merger.close()


class Merger:
    """Follows the logs of containers that come and go; for one thread."""

    def __init__(self, options: LogOptions | None = None) -> None:
        self._options = options or LogOptions()
        self._followers: dict[str, tuple[ContainerStatus, logs.Follower]] = {}
        self._ended: set[str] = set()
        self._finished: set[str] = set()

    def update(self, statuses: Iterable[ContainerStatus]) -> None:
        """Take the containers as they are now; new ones are followed from here on."""
        for status in sorted(statuses, key=lambda status: status.created_at_ns):
            if status.id in self._finished:
                continue
            if status.id not in self._followers and status.log_path:
                follower = logs.Follower(
                    Path(status.log_path), tail=self._options.tail, since_ns=self._options.since_ns
                )
                self._followers[status.id] = (status, follower)
            if status.state in _ENDED:
                self._ended.add(status.id)

    def lines(self) -> list[LogLine]:
        """Take the new lines of all, in the order of time; none when all is quiet."""
        lines: list[LogLine] = []
        for identifier, (status, follower) in list(self._followers.items()):
            # Known before reading: what a container wrote is complete once it has ended.
            ended = identifier in self._ended
            new = [_line(status, entry) for entry in follower.new()]
            if ended or not new:
                new.extend(_line(status, entry) for entry in follower.unfinished())
            lines.extend(new)
            if ended:
                follower.close()
                del self._followers[identifier]
                self._finished.add(identifier)
        return sorted(lines, key=lambda line: line.timestamp_ns)

    @property
    def idle(self) -> bool:
        """Every container that it knows has ended, and all is read."""
        return not self._followers

    def close(self) -> None:
        """Close all files."""
        for _, follower in self._followers.values():
            follower.close()


def _read(status: ContainerStatus, options: LogOptions) -> Iterator[LogLine]:
    entries = logs.read(log_path(status), tail=options.tail, since_ns=options.since_ns)
    return (_line(status, entry) for entry in entries)


def log_path(status: ContainerStatus) -> Path:
    """Where a container's log lies.

    Raises:
        Unimplemented: its backend has no log files.
    """
    if not status.log_path:
        raise errors.Unimplemented(f"read the log of container '{status.name}': it has no log file")
    return Path(status.log_path)


def _line(status: ContainerStatus, entry: Entry) -> LogLine:
    return LogLine(status.name, status.restart_count, entry.timestamp_ns, entry.stream, entry.text)
