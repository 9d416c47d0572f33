"""A CRI server that answers as a test tells it, on a socket of its own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import grpc
import pytest
from google.protobuf import message_factory

from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from google.protobuf.descriptor import MethodDescriptor
    from google.protobuf.message import Message


Handler: TypeAlias = "Callable[[Message, grpc.ServicerContext], object]"


def methods() -> dict[str, MethodDescriptor]:
    services = cri.DESCRIPTOR.services_by_name.values()
    return {method.name: method for service in services for method in service.methods}


def version(_request: Message, _context: grpc.ServicerContext) -> Message:
    return cri.VersionResponse(
        version="0.1.0",
        runtime_name="scripted",
        runtime_version="1.0.0",
        runtime_api_version="v1",
    )


@dataclass(slots=True)
class Scripted:
    """Serves the RPCs in `answers` under `package`; all others are Unimplemented."""

    path: Path
    package: str = "runtime.v1"
    answers: dict[str, Handler] = field(default_factory=lambda: {"Version": version})
    requests: list[tuple[str, Message]] = field(default_factory=list)
    metadata: list[dict[str, str | bytes]] = field(default_factory=list)
    _server: grpc.Server | None = None

    @property
    def endpoint(self) -> str:
        return f"unix://{self.path}"

    def start(self) -> None:
        self._server = grpc.server(ThreadPoolExecutor(8))
        self._server.add_generic_rpc_handlers((_Router(self),))
        self._server.add_insecure_port(f"unix:{self.path}")
        self._server.start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop(0).wait()
            self._server = None


class _Router(grpc.GenericRpcHandler):
    def __init__(self, scripted: Scripted) -> None:
        self._scripted = scripted

    def service(
        self, handler_call_details: grpc.HandlerCallDetails
    ) -> grpc.RpcMethodHandler[Message, Message] | None:
        _, service, rpc = handler_call_details.method.split("/")
        method = methods()[rpc]
        answer = self._scripted.answers.get(rpc)
        known = f"{self._scripted.package}.{method.containing_service.name}"
        if service != known or answer is None:
            return None
        request_class = message_factory.GetMessageClass(method.input_type)

        def handle(request: Message, context: grpc.ServicerContext) -> object:
            self._scripted.requests.append((rpc, request))
            return answer(request, context)

        make = (
            grpc.unary_stream_rpc_method_handler
            if method.server_streaming
            else grpc.unary_unary_rpc_method_handler
        )
        return make(
            handle,
            request_deserializer=request_class.FromString,
            response_serializer=lambda message: message.SerializeToString(),
        )


@pytest.fixture
def scripted(tmp_path: Path) -> Iterator[Scripted]:
    server = Scripted(tmp_path / "cri.sock")
    server.start()
    yield server
    server.stop()
