"""What each field of a v1 struct may hold, read off its annotations."""

from __future__ import annotations

import types
import typing
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache

import msgspec

from runtimes.core.pod import v1, workloads
from runtimes.kubelet.manifest.decode.choices import CHOICES


class Kind(Enum):
    TEXT = auto()
    QUANTITY = auto()
    TIME = auto()
    BASE64 = auto()
    INTEGER = auto()
    BOOLEAN = auto()
    INTEGER_OR_TEXT = auto()
    STRUCT = auto()
    LIST = auto()
    MAP = auto()
    ANYTHING = auto()


@dataclass(frozen=True, slots=True)
class Shape:
    """What a value looks like.

    Attributes:
        of: the shape of a list's items or a map's values.
        struct: of a STRUCT.
        low: the least of an INTEGER, as `high` is the greatest.
        choices: the words that a TEXT may be; none allow any.
    """

    kind: Kind
    of: Shape | None = None
    struct: type[v1.Struct] = v1.Struct
    low: int = 0
    high: int = 0
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its JSON name, its attribute, and whether a struct can do without it."""

    name: str
    attribute: str
    shape: Shape
    required: bool


_BY_TITLE = {"Quantity": Kind.QUANTITY, "Time": Kind.TIME, "Base64": Kind.BASE64}


@cache
def fields_of(struct: type[v1.Struct]) -> dict[str, Field]:
    """Fields by JSON name."""
    required = {**v1.REQUIRED, **workloads.REQUIRED}.get(struct.__name__, ())
    return {
        field.encode_name: Field(
            field.encode_name,
            field.name,
            _shape(field.type, CHOICES.get(f"{struct.__name__}.{field.encode_name}", ())),
            field.encode_name in required,
        )
        for field in msgspec.structs.fields(struct)
    }


def _shape(hint: object, choices: tuple[str, ...] = ()) -> Shape:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in {typing.Union, types.UnionType}:
        present = [argument for argument in arguments if argument is not type(None)]
        shape = _shape(present[0])
        if len(present) == 1:
            return shape
        return Shape(Kind.INTEGER_OR_TEXT, low=shape.low, high=shape.high)
    if origin is tuple:
        return Shape(Kind.LIST, of=_shape(arguments[0], choices))
    if origin is dict:
        return Shape(Kind.MAP, of=_shape(arguments[1]))
    if origin is typing.Annotated:
        return _constrained(arguments[1])
    return _plain(hint, choices)


def _constrained(meta: msgspec.Meta) -> Shape:
    if meta.title in _BY_TITLE:
        return Shape(_BY_TITLE[meta.title])
    return Shape(Kind.INTEGER, low=int(meta.ge or 0), high=int(meta.le or 0))


def _plain(hint: object, choices: tuple[str, ...]) -> Shape:
    if hint is str:
        return Shape(Kind.TEXT, choices=choices)
    if hint is bool:
        return Shape(Kind.BOOLEAN)
    if isinstance(hint, type) and issubclass(hint, v1.Struct):
        return Shape(Kind.STRUCT, struct=hint)
    return Shape(Kind.ANYTHING)
