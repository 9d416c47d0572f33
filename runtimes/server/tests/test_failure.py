"""What a client learns of a failure: the code by its name, our words, and nothing of Python."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, TypeAlias

import grpc
import pytest

from runtimes.core import errors
from runtimes.core.cri.unimplemented import UnimplementedService
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.server import failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runtimes.server.tests.hosting import Hosted

    Raw: TypeAlias = grpc.UnaryUnaryMultiCallable[bytes, bytes]


class Failing(UnimplementedService):
    def __init__(self, error: Exception) -> None:
        self._error = error

    def start_container(self, container_id: str) -> None:
        raise self._error

    def pull_image(
        self,
        image: cri.ImageSpec,
        auth: cri.AuthConfig | None = None,
        sandbox_config: cri.PodSandboxConfig | None = None,
    ) -> str:
        raise self._error

    def stream_images(self, filter: cri.ImageFilter | None = None) -> Iterator[cri.Image]:
        yield cri.Image(id="first")
        raise self._error

    def get_container_events(self) -> Iterator[cri.ContainerEventResponse]:
        raise self._error


@pytest.mark.parametrize("error", errors.BY_CODE.values())
def test_an_error_of_ours_keeps_its_class_and_words(
    host: Callable[..., Hosted], error: type[errors.Error]
) -> None:
    with (
        host(Failing(error("tried it, do that"))).connect(api="v1") as service,
        pytest.raises(error, match="tried it, do that") as caught,
    ):
        service.start_container("x")

    assert type(caught.value) is error


@pytest.mark.parametrize("error", [errors.ImageNotFound, errors.RegistryUnavailable])
def test_the_reasons_of_a_failed_pull_are_kept(
    host: Callable[..., Hosted], error: type[errors.Error]
) -> None:
    with (
        host(Failing(error("why"))).connect(api="v1") as service,
        pytest.raises(error) as caught,
    ):
        service.pull_image(cri.ImageSpec(image="x"))

    assert type(caught.value) is error


def test_an_error_without_a_code_is_internal(host: Callable[..., Hosted]) -> None:
    with (
        host(Failing(errors.Error("odd"))).connect(api="v1") as service,
        pytest.raises(errors.Internal, match="odd"),
    ):
        service.start_container("x")


@pytest.mark.parametrize(
    ("rpc", "call"),
    [
        ("StartContainer", lambda s: s.start_container("x")),
        ("StreamImages", lambda s: list(s.stream_images())),
        ("GetContainerEvents", lambda s: next(s.get_container_events())),
    ],
)
def test_an_unexpected_error_is_told_to_the_log_alone(
    host: Callable[..., Hosted],
    caplog: pytest.LogCaptureFixture,
    rpc: str,
    call: Callable[[object], object],
) -> None:
    with (
        host(Failing(ValueError("a secret"))).connect(api="v1") as service,
        pytest.raises(errors.Internal) as caught,
    ):
        call(service)

    assert "secret" not in str(caught.value)
    assert "ValueError" not in str(caught.value)
    assert f"{rpc}: the server met an unexpected error" in str(caught.value)
    told = [record for record in caplog.records if record.exc_info]
    assert [record.levelno for record in told] == [logging.ERROR]
    assert "a secret" in caplog.text


def test_a_stream_gives_what_came_before_its_error(host: Callable[..., Hosted]) -> None:
    with host(Failing(errors.DataLoss("torn"))).connect(api="v1") as service:
        stream = service.stream_images()
        with pytest.raises(errors.DataLoss, match="torn"):
            list(stream)


def test_a_call_that_the_backend_lacks_is_unimplemented(host: Callable[..., Hosted]) -> None:
    with host(UnimplementedService()).connect(api="v1") as service:
        with pytest.raises(errors.Unimplemented, match="does not implement Exec"):
            service.exec(cri.ExecRequest(container_id="x", cmd=["id"], stdout=True))
        with pytest.raises(errors.Unimplemented):
            next(service.get_container_events())


def test_bytes_that_are_no_request_are_an_invalid_argument(host: Callable[..., Hosted]) -> None:
    path = host(UnimplementedService()).path
    with grpc.insecure_channel(
        f"unix:{path}", options=(("grpc.default_authority", "localhost"),)
    ) as channel:
        call: Raw = channel.unary_unary("/runtime.v1.RuntimeService/StartContainer")
        with pytest.raises(grpc.RpcError) as caught:
            call(b"\xff\xff\xff", timeout=10)
        unknown: Raw = channel.unary_unary("/runtime.v1.RuntimeService/Nothing")
        with pytest.raises(grpc.RpcError) as lacking:
            unknown(b"", timeout=10)

    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert lacking.value.code() is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize("text", ["x" * 100_000, "ü" * 100_000, "line\nline \x00 ✓"])
def test_any_text_arrives_in_its_code(host: Callable[..., Hosted], text: str) -> None:
    with (
        host(Failing(errors.NotFound(text))).connect(api="v1") as service,
        pytest.raises(errors.NotFound) as caught,
    ):
        service.start_container("x")

    assert text[:500] in str(caught.value)


def test_a_text_that_is_cut_says_so() -> None:
    assert failure.text(errors.NotFound("ü" * 5000)).endswith("ü...")
    assert failure.text(errors.NotFound("short")) == "short"
    assert failure.text(errors.NotFound()) == "NotFound"
