"""Objects as JSON and YAML."""

from __future__ import annotations

import dataclasses
from enum import Enum
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable


def to_data(value: object) -> Any:  # noqa: ANN401 - JSON
    """Turn our values into what JSON has: dataclasses and structs become maps."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = (field.name for field in dataclasses.fields(value))
        return {name: to_data(getattr(value, name)) for name in names}
    if isinstance(value, dict):
        return {str(key): to_data(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_data(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted(str(to_data(item)) for item in value)
    return _scalar(value)


def print_data(value: object, output: str) -> None:
    """Print a value on stdout as ``json`` or ``yaml``."""
    click.echo(_WRITERS[output](to_data(value)))


def _scalar(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if value is None or isinstance(value, (str, int, float)):
        return value
    import msgspec

    return msgspec.to_builtins(value) if isinstance(value, msgspec.Struct) else str(value)


def _json(data: object) -> str:
    import json

    return json.dumps(data, indent=2, ensure_ascii=False)


def _yaml(data: object) -> str:
    import yaml

    dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text: str = yaml.dump(
        data, Dumper=dumper, sort_keys=False, allow_unicode=True, default_flow_style=False
    )
    return text.rstrip("\n")


_WRITERS: dict[str, Callable[[object], str]] = {"json": _json, "yaml": _yaml}
