"""Known failures from a file: each needs a reason and a link."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from runtimes.contract import catalogue
from runtimes.contract.subject import Known
from runtimes.core import errors

if TYPE_CHECKING:
    from pathlib import Path

_TABLE = "known-failure"
_KEYS = ("test", "reason", "link")


def read(path: Path) -> tuple[Known, ...]:
    """Read the tables ``[[known-failure]]``, or those of ``tool.runtimes.contract`` in a pyproject.

    Raises:
        NotFound: no such file.
        InvalidArgument: it isn't TOML, or an entry lacks something or names no test.
    """
    try:
        data = tomllib.loads(path.read_text())
    except OSError as error:
        raise errors.NotFound(f"read known failures of {path}: {error.strerror}") from error
    except tomllib.TOMLDecodeError as error:
        raise errors.InvalidArgument(f"read known failures of {path}: {error}") from error
    ours = data.get("tool", {}).get("runtimes", {}).get("contract", {})
    tables = [*data.get(_TABLE, ()), *ours.get(_TABLE, ())]
    return tuple(_known(path, number, table) for number, table in enumerate(tables, 1))


def _known(path: Path, number: int, table: object) -> Known:
    where = f"{path}: {_TABLE} {number}"
    if not isinstance(table, dict):
        raise errors.InvalidArgument(f"{where}: expected a table [[{_TABLE}]]")
    unknown = sorted(set(table) - set(_KEYS))
    if unknown:
        raise errors.InvalidArgument(f"{where}: unknown {unknown[0]}; known are {', '.join(_KEYS)}")
    missing = [key for key in _KEYS if not str(table.get(key, "")).strip()]
    if missing:
        raise errors.InvalidArgument(f"{where}: needs {', '.join(missing)}")
    test = str(table["test"])
    base = test.partition("[")[0]
    if base not in catalogue.catalogue():
        raise errors.InvalidArgument(
            f"{where}: there is no test '{base}'; 'runtimes contract list' shows them all"
        )
    return Known(test, str(table["reason"]), str(table["link"]))
