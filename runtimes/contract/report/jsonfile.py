"""The report as JSON, and back; `schema` says what may be in it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec

from runtimes.contract.report.model import API_VERSION, Report
from runtimes.core import errors, typed_json

if TYPE_CHECKING:
    from pathlib import Path


def dump(report: Report) -> str:
    return msgspec.json.format(msgspec.json.encode(report), indent=2).decode() + "\n"


def read(path: Path) -> Report:
    """Read a report of this version.

    Raises:
        NotFound: there is no such file.
        InvalidArgument: it isn't a report, or one of another version.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise errors.NotFound(f"read report {path}: {error.strerror}") from error
    try:
        version = json.loads(data).get("apiVersion", "")
        report = typed_json.decode(data, Report)
    except (ValueError, AttributeError) as error:
        raise errors.InvalidArgument(
            f"read report {path}: it is no report of 'runtimes contract run': {error}"
        ) from error
    if version != API_VERSION:
        raise errors.InvalidArgument(
            f"read report {path}: it has version '{version}'; this program reads {API_VERSION}"
        )
    return report


def schema() -> str:
    """JSON Schema of the report."""
    return json.dumps(msgspec.json.schema(Report), indent=2) + "\n"
