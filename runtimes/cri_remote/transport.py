"""One gRPC connection to a CRI socket, and which of the CRI's two package names it knows.

No generated service code: a call needs only its path and the two message classes. v1alpha2's
messages are v1's under another name.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.hops import Layer, hop
from runtimes.cri_remote import patience
from runtimes.cri_remote.errors import translate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Self

    import grpc
    from google.protobuf.message import Message

    from runtimes.cri_remote.endpoints import Endpoint

PACKAGES = ("runtime.v1", "runtime.v1alpha2")
KUBELET_API = "0.1.0"
MESSAGE_LIMIT = 16 * 1024 * 1024
_CHANNEL_OPTIONS = (
    # Without it gRPC sends the socket's path, which some servers refuse.
    ("grpc.default_authority", "localhost"),
    ("grpc.max_receive_message_length", MESSAGE_LIMIT),
    ("grpc.max_send_message_length", MESSAGE_LIMIT),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
)

Answer = TypeVar("Answer", bound="Message")
Answer_co = TypeVar("Answer_co", covariant=True)
Item = TypeVar("Item")


def _service_of() -> dict[str, str]:
    services = cri.DESCRIPTOR.services_by_name
    return {
        method.name: service.name for service in services.values() for method in service.methods
    }


SERVICE_OF = _service_of()


class RunningCall(Protocol[Answer_co]):
    """What gRPC gives for a call whose answers stream in."""

    def __iter__(self) -> Iterator[Answer_co]: ...

    def cancel(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Unary(Generic[Answer]):
    """One call: its name, what goes in, what comes out, and its own time in seconds."""

    rpc: str
    request: Message
    answer: type[Answer]
    own: int = 0


class Stream(Generic[Answer]):
    """Messages as they come; ends when the service or the stream is closed."""

    def __init__(
        self,
        call: RunningCall[Answer],
        transport: Transport,
        rpc: str,
        request: Message,
    ) -> None:
        self._call = call
        self._answers = iter(call)
        self._transport = transport
        self._rpc = rpc
        self._request = request
        self._closed = False

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Answer:
        import grpc

        try:
            return next(self._answers)
        except grpc.RpcError as error:
            if self._closed or self._transport.closed:
                raise StopIteration from None
            raise self._transport.translated(error, self._rpc, self._request) from error

    def close(self) -> None:
        """End the stream, also for another thread that waits in it."""
        self._closed = True
        self._call.cancel()

    def __del__(self) -> None:
        self.close()


class Transport:
    """Thread-safe; connects on the first call, and again after the runtime restarts.

    Args:
        base_timeout: seconds, see `patience`.
        package: which package name to speak; empty to find out on the first call.
        images_only: an image service on a socket of its own has no Version to ask for.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        base_timeout: float,
        package: str = "",
        images_only: bool = False,
    ) -> None:
        import grpc

        self.endpoint = endpoint
        self.closed = False
        self._base = base_timeout
        self._package = package
        self._images_only = images_only
        self._deciding = threading.Lock()
        self._channel = grpc.insecure_channel(endpoint.target, options=_CHANNEL_OPTIONS)

    def close(self) -> None:
        self.closed = True
        self._channel.close()

    def unary(self, rpc: str, request: Message, answer: type[Answer], own: int = 0) -> Answer:
        """Call and wait; `own` is the call's own time in seconds.

        Raises:
            Error: as the runtime answered, or Unavailable without an answer.
        """
        return self._unary(self._chosen_package(), Unary(rpc, request, answer, own))

    def settle(self, rpc: str, request: Message, answer: type[Answer], own: int = 0) -> None:
        """Call a Stop or Remove: an object that is absent counts as stopped or removed.

        Some runtimes answer NotFound all the same.

        Source: CRI StopPodSandbox, RemovePodSandbox, StopContainer, RemoveContainer, RemoveImage
            ("This call is idempotent").
        """
        try:
            self.unary(rpc, request, answer, own)
        except errors.NotFound:
            return

    def stream(self, rpc: str, request: Message, answer: type[Answer]) -> Stream[Answer]:
        """Begin at once; errors come out of the iterator."""
        from runtimes.core import deadline

        package = self._chosen_package()
        call = self._channel.unary_stream(
            _path(package, rpc),
            request_serializer=type(request).SerializeToString,
            response_deserializer=answer.FromString,
        )
        try:
            with hop(Layer.GRPC, rpc, self.endpoint):
                return Stream(call(request, timeout=deadline.remaining()), self, rpc, request)
        except ValueError as error:
            raise self._closed_error(rpc) from error

    def version(self, api_version: str) -> cri.VersionResponse:
        """Ask for the version, under the package name that the runtime knows.

        Raises:
            Unimplemented: it knows neither.
        """
        call = Unary("Version", cri.VersionRequest(version=api_version), cri.VersionResponse)
        for package in (self._package,) if self._package else PACKAGES:
            try:
                answer = self._unary(package, call)
            except errors.Unimplemented as error:
                unknown = error
                continue
            self._package = package
            return answer
        raise errors.Unimplemented(
            f"speak to {self.endpoint}: it serves neither {' nor '.join(PACKAGES)}; "
            "is that the socket of a container runtime, with its CRI plugin enabled?"
        ) from unknown

    def translated(self, error: grpc.RpcError, rpc: str, request: Message) -> errors.Error:
        return translate(error, rpc, request, self.endpoint)

    def _chosen_package(self) -> str:
        if not self._package:
            with self._deciding:
                if not self._package:
                    self._decide()
        return self._package

    def _decide(self) -> None:
        if not self._images_only:
            self.version(KUBELET_API)
            return
        try:
            request = cri.ImageFsInfoRequest()
            self._unary(PACKAGES[0], Unary("ImageFsInfo", request, cri.ImageFsInfoResponse))
        except errors.Unimplemented:
            self._package = PACKAGES[1]
        else:
            self._package = PACKAGES[0]

    def _unary(self, package: str, call: Unary[Answer]) -> Answer:
        import grpc

        invoke = self._channel.unary_unary(
            _path(package, call.rpc),
            request_serializer=type(call.request).SerializeToString,
            response_deserializer=call.answer.FromString,
        )
        bound = patience.seconds(call.rpc, self._base, call.own)
        try:
            with hop(Layer.GRPC, call.rpc, self.endpoint):
                return invoke(call.request, timeout=bound)
        except grpc.RpcError as error:
            raise self.translated(error, call.rpc, call.request) from error
        except ValueError as error:
            raise self._closed_error(call.rpc) from error

    def _closed_error(self, rpc: str) -> errors.Unavailable:
        return errors.Unavailable(f"call {rpc}: the connection to {self.endpoint} was closed")


def _path(package: str, rpc: str) -> str:
    return f"/{package}.{SERVICE_OF[rpc]}/{rpc}"


def flatten(stream: Iterator[Answer], items: Callable[[Answer], Iterable[Item]]) -> Iterator[Item]:
    """The items of a stream whose messages carry several each."""
    for message in stream:
        yield from items(message)
