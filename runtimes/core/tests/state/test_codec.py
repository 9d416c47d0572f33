"""Records as JSON, and what is none."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

import pytest

from runtimes.core import errors
from runtimes.core.state import codec


class Phase(StrEnum):
    BEGUN = "begun"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Place:
    street: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    name: str
    phase: Phase
    content: bytes
    sizes: tuple[int, ...] = ()
    place: Place | None = None
    end: Phase | None = None
    version: int = 3

    kind: ClassVar[str] = "thing"


THING = Thing(name="a", phase=Phase.BEGUN, content=b"\x00\xff", sizes=(1, 2), place=Place("b", 3))
PLAIN = Thing(name="", phase=Phase.DONE, content=b"", end=Phase.DONE)


def read(data: bytes) -> Thing:
    return codec.decode(data, Thing, 3, "things")


@pytest.mark.parametrize("thing", [THING, PLAIN])
def test_what_was_written_is_read_back_with_its_types(thing: Thing) -> None:
    found = read(codec.encode(thing))

    assert found == thing
    assert type(found.phase) is Phase


def test_fields_come_and_go_with_patches() -> None:
    data = codec.encode(THING).replace(b'"sizes":[1,2]', b'"later":{"a":1}')

    assert read(data) == Thing(
        name="a", phase=Phase.BEGUN, content=b"\x00\xff", place=Place("b", 3)
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b'{"version":"x"}',
        b'{"version":3}',
        codec.encode(THING)[:-1],
        codec.encode(THING).replace(b'"begun"', b'"begone"'),
        codec.encode(THING).replace(b'"street"', b'"road"'),
        codec.encode(THING).replace(b'"AP8="', b'"AP8"'),
        codec.encode(THING).replace(b"[1,2]", b"1"),
    ],
)
def test_what_makes_no_sense_is_lost_data(data: bytes) -> None:
    with pytest.raises(errors.DataLoss, match="thing record"):
        read(data)


def test_what_a_newer_program_wrote_says_what_to_upgrade() -> None:
    with pytest.raises(errors.FailedPrecondition, match="upgrade things"):
        read(codec.encode(THING).replace(b'"version":3', b'"version":4'))
