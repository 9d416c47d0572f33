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

_METHOD = "/grpc.health.v1.Health/Check"
_SERVING = b"\x08\x01"


def is_installed() -> bool:
    return find_spec("grpc") is not None


def check(address: str, service: str, timeout: float) -> bool:
    """Tell whether `service` at ``host:port`` is SERVING; empty is the server as a whole.

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
            raise errors.Unavailable(f"ask {address} for its health: {_why(error)}") from error
    return answer[:2] == _SERVING


def _request(service: str) -> bytes:
    name = service.encode()
    return b"\x0a" + _varint(len(name)) + name if name else b""


def _varint(number: int) -> bytes:
    digits = []
    while number > 0x7F:
        digits.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*digits, number])


def _why(error: Exception) -> str:
    code, details = getattr(error, "code", None), getattr(error, "details", None)
    return f"{code().name}: {details()}" if code and details else str(error)
