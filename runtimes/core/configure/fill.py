"""Fill an options dataclass by field name, converting words to the field's type."""

from __future__ import annotations

import dataclasses
import types
import typing
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Union, get_args, get_origin

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")
_BOOLS = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}
_NAMES = {"Path": Path, "Literal": Literal}


def fill(options: type[T], values: Mapping[str, object]) -> T:
    """Make an `options` object; fields that `values` doesn't name keep their defaults.

    Values are words, as ``--option key=value`` has them, or what TOML has. Dashes in names are
    underscores. Types: str, int, float, bool, Path, enums, literals, ``tuple[X, ...]`` (from a
    TOML array, or words divided by commas), ``dict[str, X]`` (from a TOML table, or ``k=v`` words
    divided by commas), and any of these or None (the empty word).

    Raises:
        InvalidArgument: an unknown name, or a value that isn't of its field's type.
    """
    fields = {field.name: field for field in dataclasses.fields(options) if field.init}  # type: ignore[arg-type]  # any dataclass; typeshed's protocol can't be a bound here
    hints = typing.get_type_hints(options, localns=_NAMES)
    filled: dict[str, Any] = {}
    for key, value in values.items():
        name = key.replace("-", "_")
        if name not in fields:
            raise _unknown(key, list(fields))
        try:
            filled[name] = _convert(value, hints[name])
        except ValueError as error:
            raise errors.InvalidArgument(f"set option '{key}' to '{value}': {error}") from error
    return options(**filled)


def _unknown(key: str, known: list[str]) -> errors.InvalidArgument:
    names = ", ".join(sorted(known)) if known else "none: this backend has no options"
    return errors.InvalidArgument(f"set option '{key}': there is no such option; known are {names}")


def _convert(value: object, wanted: object) -> object:
    origin, arguments = get_origin(wanted), get_args(wanted)
    if origin in {Union, types.UnionType}:
        return _optional(value, arguments)
    if origin is tuple:
        return tuple(_convert(item, arguments[0]) for item in _items(value))
    if origin is dict:
        return {key: _convert(item, arguments[1]) for key, item in _pairs(value)}
    if origin is Literal:
        return _one_of({str(argument): argument for argument in arguments}, value)
    if isinstance(wanted, type) and issubclass(wanted, Enum):
        return _one_of({str(member.value): member for member in wanted}, value)
    return _scalar(value, wanted)


def _scalar(value: object, wanted: object) -> object:
    if wanted is bool:
        return _one_of(_BOOLS, str(value).lower())
    if isinstance(value, bool):
        raise ValueError(f"expected {_say(wanted)}, not a boolean")  # noqa: TRY004 - as any value
    if wanted is Path:
        return Path(_word(value)).expanduser()
    if wanted is str:
        return _word(value)
    if wanted is int:
        return _number(value, int)
    if wanted is float:
        return _number(value, float)
    raise TypeError(f"options of type {wanted} can't be filled from words")


def _number(value: object, wanted: type[int | float]) -> float:
    try:
        return wanted(str(value))
    except ValueError as error:
        raise ValueError(f"expected {_say(wanted)}") from error


def _optional(value: object, arguments: tuple[Any, ...]) -> object:
    if type(None) in arguments and value == "":
        return None
    kinds = [argument for argument in arguments if argument is not type(None)]
    for kind in kinds[:-1]:
        try:
            return _convert(value, kind)
        except ValueError:
            continue
    return _convert(value, kinds[-1])


def _items(value: object) -> list[object]:
    if isinstance(value, (list, tuple)):
        return list(value)
    return [word.strip() for word in _word(value).split(",") if word.strip()]


def _pairs(value: object) -> list[tuple[str, object]]:
    if isinstance(value, dict):
        return [(str(key), item) for key, item in value.items()]
    pairs = [str(word).partition("=") for word in _items(value)]
    if not all(equals for _, equals, _ in pairs):
        raise ValueError("expected name=value, divided by commas")
    return [(key, item) for key, _, item in pairs]


def _word(value: object) -> str:
    if isinstance(value, (list, tuple, dict)):
        raise ValueError("expected one value, not several")  # noqa: TRY004 - as any value
    return str(value)


def _one_of(choices: Mapping[str, object], value: object) -> object:
    if str(value) not in choices:
        raise ValueError(f"expected one of {', '.join(choices)}")
    return choices[str(value)]


def _say(wanted: object) -> str:
    return "a whole number" if wanted is int else "a number" if wanted is float else "a text"
