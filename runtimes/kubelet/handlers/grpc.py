"""Ask a server for its health as grpc.health.v1 has it; needs grpcio, an extra of this package.

The two messages are one field each, so they are read and written here:
HealthCheckRequest ``service`` (1, string), HealthCheckResponse ``status`` (1, enum; 1 is SERVING).

Source: grpc health/v1/health.proto; kubelet pkg/probe/grpc/grpc.go.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Callable

    import grpc

_METHOD = "/grpc.health.v1.Health/Check"
_STATUSES = {0: "UNKNOWN", 1: "SERVING", 2: "NOT_SERVING", 3: "SERVICE_UNKNOWN"}
_STATUS_FIELD = 0x08
SERVING = _STATUSES[1]


def is_installed() -> bool:
    return find_spec("grpc") is not None


def check(address: str, service: str, timeout: float) -> str:
    """Ask for the status of `service` at ``host:port``; empty is the server as a whole.

    Raises:
        Unavailable: no answer, or a refusal.
        Unimplemented: grpcio isn't installed.
    """
    if not is_installed():
        raise errors.Unimplemented(
            f"ask {address} for its health: grpcio isn't installed;"
            " pip install 'runtimes-kubelet[grpc]'"
        )
    import grpc

    with grpc.insecure_channel(address, [("grpc.enable_http_proxy", 0)]) as channel:
        ask: Callable[..., bytes] = channel.unary_unary(_METHOD)
        try:
            answer = ask(_request(service), timeout=timeout)
        except grpc.RpcError as error:
            raise errors.Unavailable(_why(error, address, timeout)) from error
    return _STATUSES.get(_number(answer), "UNKNOWN")


def _number(answer: bytes) -> int:
    """The status field's; 0, which goes unwritten, where there is none."""
    return answer[1] if len(answer) > 1 and answer[0] == _STATUS_FIELD else 0


def _request(service: str) -> bytes:
    name = service.encode()
    return b"\x0a" + _varint(len(name)) + name if name else b""


def _varint(number: int) -> bytes:
    digits = []
    while number > 0x7F:
        digits.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*digits, number])


def _why(error: grpc.RpcError, address: str, timeout: float) -> str:
    """Say it as kubelet does; grpcio's errors are calls, too."""
    code, details = getattr(error, "code", None), getattr(error, "details", None)
    name = code().name if code else ""
    said = details() if details else str(error)
    if name == "DEADLINE_EXCEEDED":
        return f"timeout: health rpc did not complete within {timeout:g}s"
    if name == "UNAVAILABLE":
        return f'error: failed to connect service at "{address}": {said}'
    if name == "UNIMPLEMENTED":
        protocol = "the grpc health protocol (grpc.health.v1.Health)"
        return f"error: this server does not implement {protocol}: {said}"
    return f"error: health rpc probe failed: {name}: {said}"
