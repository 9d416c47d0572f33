"""What a peer did, as a connection tells it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Opened:
    """The peer opened a stream; `accept` or `reset` it. Names of headers are in lower case."""

    stream: int
    headers: Mapping[str, str]
    fin: bool = False


@dataclass(frozen=True, slots=True)
class Accepted:
    """The peer took a stream of ours."""

    stream: int
    headers: Mapping[str, str]
    fin: bool = False


@dataclass(frozen=True, slots=True)
class Received:
    """Bytes of a stream, of any number; `fin` ends that direction and comes once."""

    stream: int
    data: bytes
    fin: bool = False


@dataclass(frozen=True, slots=True)
class Reset:
    """The peer ended a stream at once, both ways."""

    stream: int
    status: int


@dataclass(frozen=True, slots=True)
class Left:
    """The peer opens and takes no more streams; those that are open go on.

    Attributes:
        status: 0, or why: 1 is an error in the protocol.
    """

    status: int = 0


Event: TypeAlias = Opened | Accepted | Received | Reset | Left
