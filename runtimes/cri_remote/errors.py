"""From gRPC's status to our errors, once, by the name of the code.

Source: cri-api pkg/errors (the reasons that runtimes put first in a message).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    import grpc
    from google.protobuf.message import Message

REGISTRY_UNAVAILABLE = "RegistryUnavailable"
_ABOUT_IMAGES = frozenset({"PullImage", "ImageStatus", "RemoveImage"})
_ADVICE = {
    "UNAVAILABLE": "is the runtime running, and may this user open its socket?",
    "UNIMPLEMENTED": "this runtime doesn't have that call",
}


def translate(error: grpc.RpcError, rpc: str, request: Message, endpoint: object) -> errors.Error:
    """The error to raise for what the runtime at `endpoint` answered."""
    code, details = _code(error), _details(error)
    advice = f"; {_ADVICE[code]}" if code in _ADVICE else ""
    text = f"{subject(rpc, request)}: {endpoint} answered {code}: {details}{advice}"
    return _class(code, rpc, details)(text)


def subject(rpc: str, request: Message) -> str:
    """What was tried, on which object: ``stop container 'ab12'``."""
    words = re.sub(r"(?<!^)(?=[A-Z])", " ", rpc).lower()
    name = _name(request)
    return f"{words} '{name}'" if name else words


def _class(code: str, rpc: str, details: str) -> type[errors.Error]:
    if rpc == "PullImage" and details.startswith(REGISTRY_UNAVAILABLE):
        return errors.RegistryUnavailable
    if code == errors.NotFound.code and rpc in _ABOUT_IMAGES:
        return errors.ImageNotFound
    return errors.BY_CODE.get(code, errors.Internal)


def _name(request: Message) -> str:
    fields = request.DESCRIPTOR.fields_by_name
    for name in ("container_id", "pod_sandbox_id"):
        if name in fields and getattr(request, name):
            return str(getattr(request, name))
    if "image" in fields:
        return str(getattr(request, "image").image)  # noqa: B009 - it depends on the message
    config = getattr(request, "config", None)
    return str(config.metadata.name) if config is not None else ""


def _code(error: grpc.RpcError) -> str:
    code = getattr(error, "code", None)
    return str(code().name) if code is not None else "UNKNOWN"


def _details(error: grpc.RpcError) -> str:
    details = getattr(error, "details", None)
    return str(details() or "without a message") if details is not None else str(error)
