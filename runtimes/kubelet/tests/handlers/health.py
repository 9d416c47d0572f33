"""A gRPC health service that knows its own state and that of two more services."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import ThreadPoolExecutor

SERVING, NOT_SERVING = b"\x08\x01", b"\x08\x02"
LONG = "s" * 300
_WELL = {b"", b"\x0a\x02ok", b"\x0a\xac\x02" + LONG.encode()}


@contextmanager
def serving(pool: ThreadPoolExecutor, address: str, else_: bytes = NOT_SERVING) -> Iterator[int]:
    """Serve it there meanwhile, `else_` of services that it doesn't know; yield its port."""
    import grpc

    def check(request: bytes, context: object) -> bytes:
        del context
        return SERVING if request in _WELL else else_

    handler = grpc.method_handlers_generic_handler(
        "grpc.health.v1.Health", {"Check": grpc.unary_unary_rpc_method_handler(check)}
    )
    server = grpc.server(pool)
    server.add_generic_rpc_handlers((handler,))
    port = server.add_insecure_port(address)
    server.start()
    yield port
    server.stop(None).wait()
