"""The head of an answer, read without a byte of what follows.

A hijacked stream begins right behind its head, often in the same packet, and whoever gets the
connection then finds it there.

Source: RFC 9112, 2 and 4; RFC 9110, 7.8 (upgrade).
"""

from __future__ import annotations

from dataclasses import dataclass

from runtimes.core import errors

MAX_HEAD = 65536
_END = b"\r\n\r\n"
_SWITCHING = 101


@dataclass(frozen=True, slots=True)
class Head:
    """Attributes:
    headers: by lower-case name; of several with one name, the last.
    """

    status: int
    reason: str
    headers: dict[str, str]

    @property
    def switched(self) -> bool:
        """The connection no longer speaks HTTP."""
        return self.status == _SWITCHING


def split(data: bytes) -> tuple[Head, bytes] | None:
    """Divide what came so far into the final head and the rest; None when more must come.

    Interim answers (100 Continue) are skipped.

    Raises:
        Internal: that isn't HTTP.
    """
    text, end, rest = data.partition(_END)
    if not end:
        if len(data) > MAX_HEAD:
            raise errors.Internal(f"read the Engine's answer: a head of over {MAX_HEAD} bytes")
        return None
    head = _parse(text)
    if head.status < 200 and not head.switched:
        return split(rest)
    return head, rest


def missing(data: bytes) -> int:
    """How many bytes the head still needs at least; more could be the stream's already."""
    have = next(size for size in range(len(_END), -1, -1) if data.endswith(_END[:size]))
    return len(_END) - have or len(_END)


def _parse(text: bytes) -> Head:
    first, *lines = text.decode("latin-1").split("\r\n")
    version, _, rest = first.partition(" ")
    code, _, reason = rest.partition(" ")
    if not version.startswith("HTTP/1.") or not code.isdecimal():
        raise errors.Internal(f"read the Engine's answer: {first[:80]!r} isn't HTTP/1.1")
    pairs = (line.partition(":")[::2] for line in lines)
    return Head(int(code), reason, {name.strip().lower(): value.strip() for name, value in pairs})
