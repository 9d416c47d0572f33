"""Records as JSON, by the types of their fields: bytes are base64, enums their values.

Fields that a later patch has added are left out, those that it took away have their defaults; what
means something else needs another version.
"""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, fields, is_dataclass
from enum import Enum
from functools import cache, partial
from types import NoneType
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeVar, get_args, get_origin, get_type_hints

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from _typeshed import DataclassInstance

    class Versioned(DataclassInstance, Protocol):
        """A record that tells by which version of its program it was written."""

        kind: ClassVar[str]

        @property
        def version(self) -> int: ...


R = TypeVar("R", bound="Versioned")


def encode(record: DataclassInstance) -> bytes:
    return json.dumps(asdict(record), default=_text, separators=(",", ":")).encode()


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(type(value).__name__)


def decode(data: bytes, kind: type[R], newest: int, program: str) -> R:
    """Read a record, of version `newest` at most, or `program` is the distribution to upgrade.

    Raises:
        DataLoss: it is truncated, or not a record at all.
        FailedPrecondition: a newer version of this program wrote it.
    """
    what = f"read a {kind.kind} record"
    try:
        raw = json.loads(data)
        if raw["version"] > newest:
            raise errors.FailedPrecondition(
                f"{what}: it has version {raw['version']}, this program knows {newest}; upgrade "
                f"{program}"
            )
        return kind(**_values(raw, kind))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise errors.DataLoss(f"{what}: {error}") from error


def _values(raw: dict[str, Any], kind: type[Versioned]) -> dict[str, Any]:
    readers = _readers(kind)
    values = {name: raw[name] for name in readers.keys() & raw.keys()}
    for name, read in readers.items():
        if read is not None and name in values:
            values[name] = read(values[name])
    return values


@cache
def _readers(kind: type[DataclassInstance]) -> dict[str, Callable[[Any], Any] | None]:
    """How each field is read back, by its name; None for what JSON has itself."""
    hints = get_type_hints(kind)
    return {field.name: _reader(hints[field.name]) for field in fields(kind)}


def _reader(hint: Any) -> Callable[[Any], Any] | None:  # noqa: ANN401 - a type, of any kind
    if NoneType in get_args(hint):
        (present,) = set(get_args(hint)) - {NoneType}
        read = _reader(present)
        return read and (lambda raw: None if raw is None else read(raw))
    if hint is bytes:
        return partial(base64.b64decode, validate=True)
    if get_origin(hint) is tuple:
        return tuple
    if is_dataclass(hint) and isinstance(hint, type):
        return lambda raw: hint(**raw)
    return hint if isinstance(hint, type) and issubclass(hint, Enum) else None
