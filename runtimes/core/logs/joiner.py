"""Put the partial lines of a log together again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.logs.line import Entry, Stream

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_JOINED = 1024 * 1024
"""A line longer than this many bytes is handed on in partial entries, so that memory is bounded."""


class Joiner:
    """Collects each stream's partial lines until the one that ends them."""

    def __init__(self) -> None:
        self._open: dict[Stream, list[Entry]] = {}
        self._sizes: dict[Stream, int] = {}

    def feed(self, entry: Entry) -> Entry | None:
        """Take a physical line; return the logical one that it completes."""
        stream = entry.stream
        size = self._sizes.get(stream, 0) + len(entry.text)
        if entry.partial and size < MAX_JOINED:
            self._open.setdefault(stream, []).append(entry)
            self._sizes[stream] = size
            return None
        return self._close(stream, entry)

    def flush(self) -> Iterator[Entry]:
        """Hand out what has no end yet, oldest first."""
        for stream in sorted(self._open, key=lambda s: self._open[s][0].timestamp_ns):
            yield self._close(stream)

    def _close(self, stream: Stream, *last: Entry) -> Entry:
        parts = [*self._open.pop(stream, []), *last]
        self._sizes.pop(stream, None)
        if len(parts) == 1:
            return parts[0]
        return Entry(parts[0].timestamp_ns, stream, b"".join(part.text for part in parts))
