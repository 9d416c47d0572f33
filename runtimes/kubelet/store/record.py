"""What is written of an applied pod."""

from __future__ import annotations

import logging
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from runtimes.core import typed_json
from runtimes.core.pod import v1  # noqa: TC001 - msgspec evaluates it

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger(__name__)
FORMAT = 1


class Outcome(StrEnum):
    """What an apply did, in kubectl's words."""

    CREATED = "created"
    UNCHANGED = "unchanged"
    CONFIGURED = "configured"


class Applied(msgspec.Struct, frozen=True):
    """An applied pod, with the uid it was given or already had."""

    pod: v1.Pod
    outcome: Outcome

    @property
    def created(self) -> bool:
        return self.outcome is Outcome.CREATED


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """The file ``pod.json``."""

    format: int
    backend: str
    pod: v1.Pod


def encode(record: Record) -> bytes:
    return msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n"


def read(path: Path) -> Record | None:
    """Read a record; one that is absent, broken or of another format is unknown: None."""
    try:
        record = typed_json.decode(path.read_bytes(), Record)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        log.warning("ignore the pod record %s, which can't be read: %s", path, error)
        return None
    return record if record.format == FORMAT else None
