"""What the shim writes down of sandboxes and containers, before rkt is told.

rkt keeps what runs; the records keep what the CRI was asked and what rkt forgets or can't say:

    sandbox     written, then the supervisor starts; rkt itself writes the UUID beside it
    container   written, then `rkt app add`; `added` once rkt has it: whoever finds neither the mark
                nor the app takes the record back; `killed` before SIGKILL is sent, since rkt tells
                only the signal's bare number; `end` once rkt has told how it ended, which never
                changes
"""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION = 1


@dataclass(frozen=True, slots=True)
class End:
    """How a container ended; `reason` and `message` as the CRI tells them."""

    exit_code: int
    started_at_ns: int
    finished_at_ns: int
    reason: str
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxRecord:
    """Attributes:
    config_bytes: the serialized `PodSandboxConfig`.
    stopped: it was asked to stop; it is never READY again.
    """

    id: str
    name: str
    namespace: str
    uid: str
    attempt: int
    created_at_ns: int
    config_bytes: bytes
    stopped: bool = False
    version: int = VERSION

    kind: ClassVar[str] = "sandbox"

    @property
    def unique_name(self) -> tuple[str, ...]:
        return (self.name, self.namespace, self.uid, str(self.attempt))

    @property
    def config(self) -> cri.PodSandboxConfig:
        return cri.PodSandboxConfig.FromString(self.config_bytes)

    def encode(self) -> bytes:
        return _encode(self)

    @classmethod
    def decode(cls, data: bytes) -> SandboxRecord:
        return _decode(data, cls)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerRecord:
    """Attributes:
    config_bytes: the serialized `ContainerConfig`.
    app: its name in the rkt pod.
    image_id: rkt's.
    log_path: absolute; empty when nobody asked for a log.
    added: rkt has it.
    """

    id: str
    sandbox_id: str
    name: str
    attempt: int
    created_at_ns: int
    app: str
    image_id: str
    config_bytes: bytes
    log_path: str = ""
    added: bool = False
    killed: bool = False
    end: End | None = None
    version: int = VERSION

    kind: ClassVar[str] = "container"

    @property
    def unique_name(self) -> tuple[str, ...]:
        return (self.sandbox_id, self.name, str(self.attempt))

    @property
    def config(self) -> cri.ContainerConfig:
        return cri.ContainerConfig.FromString(self.config_bytes)

    def encode(self) -> bytes:
        return _encode(self)

    @classmethod
    def decode(cls, data: bytes) -> ContainerRecord:
        return _decode(data, cls)


R = TypeVar("R", SandboxRecord, ContainerRecord)


def _encode(record: SandboxRecord | ContainerRecord) -> bytes:
    return json.dumps(asdict(record), default=_text, separators=(",", ":")).encode()


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(type(value).__name__)


def _decode(data: bytes, kind: type[R]) -> R:
    try:
        raw = json.loads(data)
        if raw["version"] > VERSION:
            raise errors.FailedPrecondition(
                f"read a {kind.kind} record: it has version {raw['version']}, this program knows "
                f"{VERSION}; upgrade runtimes-rkt-stub"
            )
        return kind(**_values(raw, kind))
    except (ValueError, KeyError, TypeError) as error:
        raise errors.DataLoss(f"read a {kind.kind} record: {error}") from error


def _values(raw: Mapping[str, Any], kind: type[R]) -> dict[str, Any]:
    names = {field.name for field in fields(kind)}
    values = {name: value for name, value in raw.items() if name in names}
    values["config_bytes"] = base64.b64decode(values["config_bytes"], validate=True)
    if values.get("end") is not None:
        values["end"] = End(**values["end"])
    return values
