r"""One line of a CRI log.

    2016-10-06T00:17:09.669794202Z stdout P The content of the\n
    2016-10-06T00:17:09.669794203Z stdout F log entry 1\n

Time (RFC3339 with nanoseconds), stream, tags divided by ``:``, text. The first tag is ``P`` when
the program hasn't written a newline there yet, else ``F``.

Source: CRI log format (kubernetes/design-proposals-archive, kubelet-cri-logging).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, cast

from runtimes.core import errors

if TYPE_CHECKING:
    from typing import TypeAlias

Stream: TypeAlias = Literal["stdout", "stderr"]
_STREAMS = {b"stdout": "stdout", b"stderr": "stderr"}
_NANO = 10**9
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIME = re.compile(
    rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.,](\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Entry:
    """Something a program wrote.

    Attributes:
        timestamp_ns: ns since the epoch, of the first byte.
        text: as it was written, with its newline. Joining the texts of a stream gives back exactly
            what the program wrote to it.
    """

    timestamp_ns: int
    stream: Stream
    text: bytes

    @property
    def partial(self) -> bool:
        """It doesn't end a line: the stream's next entry goes on with it."""
        return not self.text.endswith(b"\n")

    def render(self, *, timestamps: bool = False) -> bytes:
        """Text to show, after its time if `timestamps`."""
        return format_time(self.timestamp_ns) + b" " + self.text if timestamps else self.text


def encode(entry: Entry) -> bytes:
    """Write a line.

    Raises:
        InvalidArgument: the text has a newline before its end.
    """
    text = entry.text.removesuffix(b"\n")
    if b"\n" in text:
        raise errors.InvalidArgument("write a log line: its text has several lines")
    tag = b"P" if entry.partial else b"F"
    head = (format_time(entry.timestamp_ns), entry.stream.encode(), tag)
    return b" ".join((*head, text)) + b"\n"


def decode(line: bytes) -> Entry:
    """Read a line, with or without its newline; Docker's own JSON lines are known by their brace.

    Raises:
        DataLoss: it isn't one, e.g. because a crash cut it.
    Source: kubelet pkg/kubelet/kuberuntime/logs/logs.go (getParseFunc).
    """
    if line.startswith(b"{"):
        return _decode_docker(line)
    parts = line.removesuffix(b"\n").split(b" ", 3)
    if len(parts) == 3:
        parts.append(b"")
    stream = _STREAMS.get(parts[1]) if len(parts) == 4 else None
    if stream is None:
        raise _not_a_line(line)
    tag = parts[2].split(b":", 1)[0]
    if tag not in {b"F", b"P"}:
        raise _not_a_line(line)
    text = parts[3] + b"\n" if tag == b"F" else parts[3]
    return Entry(parse_time(parts[0]), cast("Stream", stream), text)


def _decode_docker(line: bytes) -> Entry:
    r"""Read ``{"log":"text\n","stream":"stdout","time":"..."}``, which holds its own newline."""
    try:
        found = json.loads(line)
        stream = _STREAMS[found["stream"].encode()]
        text, when = found["log"].encode(), found["time"].encode()
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _not_a_line(line) from error
    return Entry(parse_time(when), cast("Stream", stream), text)


def format_time(timestamp_ns: int) -> bytes:
    """Write ns since the epoch as RFC3339 in UTC with nine digits, hence sortable."""
    seconds, nanoseconds = divmod(timestamp_ns, _NANO)
    return b"%b.%09dZ" % (_format_second(seconds), nanoseconds)


def parse_time(text: bytes) -> int:
    """Read RFC3339 with up to nine digits and any offset, as ns since the epoch.

    Raises:
        DataLoss: it isn't a time.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        raise _not_a_time(text)
    second, fraction, zone = match.groups(b"")
    try:
        return _parse_second(second, zone) * _NANO + int(fraction.ljust(9, b"0"))
    except (ValueError, OverflowError) as error:
        raise _not_a_time(text) from error


@lru_cache(maxsize=16)
def _format_second(seconds: int) -> bytes:
    moment = _EPOCH + timedelta(seconds=seconds)
    return moment.isoformat().removesuffix("+00:00").encode()


@lru_cache(maxsize=16)
def _parse_second(second: bytes, zone: bytes) -> int:
    offset = "+00:00" if zone in {b"Z", b"z"} else zone.decode()
    moment = datetime.fromisoformat(second.decode().upper() + offset)
    return (moment - _EPOCH) // timedelta(seconds=1)


def _not_a_line(line: bytes) -> errors.DataLoss:
    return errors.DataLoss(f"read a log line: {line[:120]!r} is neither the CRI's nor Docker's")


def _not_a_time(text: bytes) -> errors.DataLoss:
    return errors.DataLoss(f"read a log line: {text[:40]!r} is no RFC3339 time")
