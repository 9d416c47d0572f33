"""Negotiation, deadlines, errors, reconnection and streams, over a real socket."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import grpc
import pytest

from runtimes.core import deadline, errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.cri_remote.backend import RemoteOptions, backend

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from google.protobuf.message import Message

    from runtimes.core.cri.services import CriService
    from runtimes.cri_remote.tests.conftest import Handler, Scripted


@pytest.fixture
def service(scripted: Scripted) -> Iterator[CriService]:
    with backend.open(RemoteOptions(endpoint=scripted.endpoint)) as opened:
        yield opened


def refuse(code: grpc.StatusCode, details: str = "no") -> Handler:
    def handler(_request: Message, context: grpc.ServicerContext) -> object:
        context.abort(code, details)

    return handler


def test_v1_is_preferred(scripted: Scripted, service: CriService) -> None:
    scripted.answers["ListContainers"] = lambda _r, _c: cri.ListContainersResponse()

    service.list_containers()
    service.list_containers()

    rpcs = [rpc for rpc, _ in scripted.requests]
    assert rpcs == ["Version", "ListContainers", "ListContainers"]


def test_v1alpha2_is_the_fallback(scripted: Scripted, service: CriService) -> None:
    scripted.package = "runtime.v1alpha2"
    scripted.answers["ListContainers"] = lambda _r, _c: cri.ListContainersResponse()

    assert service.list_containers() == []


def test_a_socket_that_serves_neither_is_unimplemented(
    scripted: Scripted, service: CriService
) -> None:
    scripted.answers.clear()

    with pytest.raises(errors.Unimplemented, match="it serves neither"):
        service.list_containers()


def test_a_separate_image_socket_is_asked_without_version(
    scripted: Scripted, tmp_path: Path
) -> None:
    images = type(scripted)(tmp_path / "images.sock", answers={})
    images.package = "runtime.v1alpha2"
    images.answers["ImageFsInfo"] = lambda _r, _c: cri.ImageFsInfoResponse()
    images.answers["ListImages"] = lambda _r, _c: cri.ListImagesResponse()
    images.start()
    options = RemoteOptions(endpoint=scripted.endpoint, image_endpoint=images.endpoint)
    try:
        with backend.open(options) as service:
            assert service.list_images() == []
    finally:
        images.stop()


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (grpc.StatusCode.NOT_FOUND, errors.NotFound),
        (grpc.StatusCode.ALREADY_EXISTS, errors.AlreadyExists),
        (grpc.StatusCode.INVALID_ARGUMENT, errors.InvalidArgument),
        (grpc.StatusCode.FAILED_PRECONDITION, errors.FailedPrecondition),
        (grpc.StatusCode.PERMISSION_DENIED, errors.PermissionDenied),
        (grpc.StatusCode.UNAUTHENTICATED, errors.Unauthenticated),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, errors.ResourceExhausted),
        (grpc.StatusCode.ABORTED, errors.Aborted),
        (grpc.StatusCode.CANCELLED, errors.Canceled),
        (grpc.StatusCode.DEADLINE_EXCEEDED, errors.DeadlineExceeded),
        (grpc.StatusCode.UNAVAILABLE, errors.Unavailable),
        (grpc.StatusCode.UNIMPLEMENTED, errors.Unimplemented),
        (grpc.StatusCode.DATA_LOSS, errors.DataLoss),
        (grpc.StatusCode.INTERNAL, errors.Internal),
        (grpc.StatusCode.UNKNOWN, errors.Internal),
    ],
)
def test_a_code_becomes_the_error_of_its_name(
    scripted: Scripted, service: CriService, code: grpc.StatusCode, expected: type[errors.Error]
) -> None:
    scripted.answers["StartContainer"] = refuse(code, "the reason")

    with pytest.raises(expected, match=r"start container 'ab12'.*the reason") as caught:
        service.start_container("ab12")

    assert type(caught.value) is expected
    assert isinstance(caught.value.__cause__, grpc.RpcError)


def test_an_image_that_a_registry_lacks_is_image_not_found(
    scripted: Scripted, service: CriService
) -> None:
    scripted.answers["PullImage"] = refuse(grpc.StatusCode.NOT_FOUND)

    with pytest.raises(errors.ImageNotFound, match="pull image 'x:1'"):
        service.pull_image(cri.ImageSpec(image="x:1"))


def test_the_named_reason_of_an_unreachable_registry_is_kept(
    scripted: Scripted, service: CriService
) -> None:
    scripted.answers["PullImage"] = refuse(grpc.StatusCode.UNKNOWN, "RegistryUnavailable: 503")

    with pytest.raises(errors.RegistryUnavailable):
        service.pull_image(cri.ImageSpec(image="x:1"))


@pytest.mark.parametrize(
    ("image", "expected"),
    [(None, errors.ImageNotFound), (cri.Image(id="i", size=1), errors.NotFound)],
)
def test_create_tells_a_missing_image_from_a_missing_sandbox(
    scripted: Scripted,
    service: CriService,
    image: cri.Image | None,
    expected: type[errors.Error],
) -> None:
    scripted.answers["CreateContainer"] = refuse(grpc.StatusCode.NOT_FOUND)
    scripted.answers["ImageStatus"] = lambda _r, _c: cri.ImageStatusResponse(image=image)
    config = cri.ContainerConfig(image=cri.ImageSpec(image="x:1"))

    with pytest.raises(errors.NotFound) as caught:
        service.create_container("sandbox", config, cri.PodSandboxConfig())

    assert type(caught.value) is expected


@pytest.mark.parametrize(
    ("rpc", "call"),
    [
        ("StopPodSandbox", lambda s: s.stop_pod_sandbox("gone")),
        ("RemovePodSandbox", lambda s: s.remove_pod_sandbox("gone")),
        ("StopContainer", lambda s: s.stop_container("gone", 1)),
        ("RemoveContainer", lambda s: s.remove_container("gone")),
        ("RemoveImage", lambda s: s.remove_image(cri.ImageSpec(image="gone"))),
    ],
)
def test_stopping_and_removing_what_is_absent_succeeds(
    scripted: Scripted, service: CriService, rpc: str, call: Callable[[CriService], object]
) -> None:
    scripted.answers[rpc] = refuse(grpc.StatusCode.NOT_FOUND)

    call(service)

    assert scripted.requests[-1][0] == rpc


def test_the_callers_deadline_bounds_a_call(scripted: Scripted, service: CriService) -> None:
    release = threading.Event()
    scripted.answers["StartContainer"] = lambda _r, _c: release.wait(20)
    service.version()

    before = time.monotonic()
    with pytest.raises(errors.DeadlineExceeded), deadline.within(0.2):
        service.start_container("x")

    release.set()
    assert time.monotonic() - before < 2


def test_the_timeout_option_bounds_a_call(scripted: Scripted) -> None:
    release = threading.Event()
    scripted.answers["StartContainer"] = lambda _r, _c: release.wait(20)
    with backend.open(RemoteOptions(endpoint=scripted.endpoint, timeout=0.3)) as service:
        service.version()

        with pytest.raises(errors.DeadlineExceeded):
            service.start_container("x")

        release.set()


def test_it_connects_again_after_the_runtime_restarted(
    scripted: Scripted, service: CriService
) -> None:
    service.version()
    scripted.stop()
    with pytest.raises(errors.Unavailable):
        service.version()

    scripted.start()

    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            assert service.version().runtime_name == "scripted"
        except errors.Unavailable:
            continue
        return
    pytest.fail("no connection within 10 s")


def test_answers_up_to_16_mib_pass(scripted: Scripted, service: CriService) -> None:
    big = b"x" * (15 * 1024 * 1024)
    scripted.answers["ExecSync"] = lambda _r, _c: cri.ExecSyncResponse(stdout=big)

    assert service.exec_sync("x", ["cat"], 0).stdout == big


def test_the_authority_is_localhost(scripted: Scripted, service: CriService) -> None:
    seen: list[bytes] = []

    def remember(_request: Message, context: grpc.ServicerContext) -> Message:
        seen.append(context._rpc_event.call_details.host)  # type: ignore[attr-defined]  # private
        return cri.ListContainersResponse()

    scripted.answers["ListContainers"] = remember

    service.list_containers()

    assert seen == [b"localhost"]


def test_a_stream_ends_when_the_service_is_closed(scripted: Scripted) -> None:
    release = threading.Event()

    def events(_request: Message, _context: grpc.ServicerContext) -> Iterator[Message]:
        yield cri.ContainerEventResponse(container_id="one")
        release.wait(20)

    scripted.answers["GetContainerEvents"] = events
    service = backend.open(RemoteOptions(endpoint=scripted.endpoint))
    stream = service.get_container_events()
    seen = [next(stream).container_id]
    reader = threading.Thread(target=lambda: seen.extend(e.container_id for e in stream))
    reader.start()

    service.close()
    reader.join(5)
    release.set()

    assert not reader.is_alive()
    assert seen == ["one"]


def test_a_stream_that_the_runtime_lacks_is_unimplemented(service: CriService) -> None:
    with pytest.raises(errors.Unimplemented):
        next(service.get_container_events())


def test_a_closed_service_refuses_calls(service: CriService) -> None:
    service.close()
    service.close()

    with pytest.raises(errors.Unavailable):
        service.version()


@pytest.mark.parametrize(
    ("answer", "call"),
    [
        (cri.VersionResponse(version="0.1.0"), lambda s: s.version()),
        (cri.StatusResponse(), lambda s: s.status()),
        (
            cri.RunPodSandboxResponse(),
            lambda s: s.run_pod_sandbox(cri.PodSandboxConfig()),
        ),
        (
            cri.PodSandboxStatusResponse(status=cri.PodSandboxStatus(id="x")),
            lambda s: s.pod_sandbox_status("x"),
        ),
        (
            cri.CreateContainerResponse(),
            lambda s: s.create_container("x", cri.ContainerConfig(), cri.PodSandboxConfig()),
        ),
        (
            cri.ContainerStatusResponse(status=cri.ContainerStatus(id="x")),
            lambda s: s.container_status("x"),
        ),
        (cri.ExecResponse(), lambda s: s.exec(cri.ExecRequest())),
        (cri.PullImageResponse(), lambda s: s.pull_image(cri.ImageSpec(image="x"))),
        (
            cri.ImageStatusResponse(image=cri.Image(id="x")),
            lambda s: s.image_status(cri.ImageSpec(image="x")),
        ),
    ],
)
def test_an_answer_without_what_kubelet_needs_is_internal(
    scripted: Scripted,
    service: CriService,
    answer: Message,
    call: Callable[[CriService], object],
) -> None:
    rpc = type(answer).__name__.removesuffix("Response")
    scripted.answers[rpc] = lambda _r, _c: answer

    with pytest.raises(errors.Internal, match=f"{rpc}: the runtime answered without"):
        call(service)


def test_an_empty_command_never_leaves(scripted: Scripted, service: CriService) -> None:
    with pytest.raises(errors.InvalidArgument):
        service.exec_sync("x", [], 0)

    assert scripted.requests == []
