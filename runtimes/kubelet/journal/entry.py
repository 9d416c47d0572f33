"""Entries of a journal: one line of JSON each, and how equal ones are told as one with a count.

Source: client-go tools/record/events_cache.go (eventLogger).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from runtimes.core import typed_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runtimes.kubelet.events import Event


class JournalEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that has happened `count` times; times are ns since the epoch.

    Attributes:
        container: empty when it is the pod's.
        warning: somebody should look at it.
    """

    reason: str
    message: str
    container: str = ""
    warning: bool = False
    count: int = 1
    first_ns: int = 0
    last_ns: int = 0


_LONGEST_MESSAGE = 1024


def entry_of(event: Event, now_ns: int) -> JournalEntry:
    """Note that an event has happened now."""
    return JournalEntry(
        reason=event.reason.value,
        message=_cut(event.message.encode(errors="replace").decode()),
        container=event.container,
        warning=event.warning,
        first_ns=now_ns,
        last_ns=now_ns,
    )


def encode(entries: Iterable[JournalEntry]) -> bytes:
    """Write lines."""
    return b"".join(msgspec.json.encode(entry) + b"\n" for entry in entries)


def decode(data: bytes) -> list[JournalEntry]:
    """Read lines; broken ones, which a power cut may leave, are left out."""
    found = []
    for line in data.splitlines():
        try:
            found.append(typed_json.decode(line, JournalEntry))
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
    return found


def folded(entries: Iterable[JournalEntry]) -> list[JournalEntry]:
    """Tell equal ones as one with a count, in the order in which they happened last."""
    found: dict[tuple[str, str, str, bool], JournalEntry] = {}
    for entry in entries:
        key = (entry.reason, entry.message, entry.container, entry.warning)
        before = found.get(key)
        found[key] = entry if before is None else _sum(before, entry)
    return sorted(found.values(), key=lambda entry: entry.last_ns)


def _cut(message: str) -> str:
    return message if len(message) <= _LONGEST_MESSAGE else message[: _LONGEST_MESSAGE - 1] + "…"


def _sum(one: JournalEntry, other: JournalEntry) -> JournalEntry:
    return replace(
        one,
        count=one.count + other.count,
        first_ns=min(one.first_ns, other.first_ns),
        last_ns=max(one.last_ns, other.last_ns),
    )
