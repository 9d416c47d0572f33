"""Each of the 43 RPCs goes out under its own name, with its arguments, and comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from google.protobuf import message_factory

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.cri_remote.backend import RemoteOptions, backend

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import grpc
    from google.protobuf.message import Message

    from runtimes.core.cri.services import CriService
    from runtimes.cri_remote.tests.conftest import Scripted

CONFIG = cri.PodSandboxConfig(metadata=cri.PodSandboxMetadata(name="p", uid="u", namespace="n"))
CONTAINER = cri.ContainerConfig(metadata=cri.ContainerMetadata(name="c"))
IMAGE = cri.ImageSpec(image="busybox")
RESOURCES = cri.LinuxContainerResources(cpu_shares=7)

CALLS: dict[str, tuple[Callable[[CriService], object], Message]] = {
    "Version": (lambda s: s.version("0.1.0"), cri.VersionRequest(version="0.1.0")),
    "RunPodSandbox": (
        lambda s: s.run_pod_sandbox(CONFIG, "kata"),
        cri.RunPodSandboxRequest(config=CONFIG, runtime_handler="kata"),
    ),
    "StopPodSandbox": (
        lambda s: s.stop_pod_sandbox("x"),
        cri.StopPodSandboxRequest(pod_sandbox_id="x"),
    ),
    "RemovePodSandbox": (
        lambda s: s.remove_pod_sandbox("x"),
        cri.RemovePodSandboxRequest(pod_sandbox_id="x"),
    ),
    "PodSandboxStatus": (
        lambda s: s.pod_sandbox_status("x", verbose=True),
        cri.PodSandboxStatusRequest(pod_sandbox_id="x", verbose=True),
    ),
    "ListPodSandbox": (
        lambda s: s.list_pod_sandbox(cri.PodSandboxFilter(id="x")),
        cri.ListPodSandboxRequest(filter=cri.PodSandboxFilter(id="x")),
    ),
    "StreamPodSandboxes": (
        lambda s: list(s.stream_pod_sandboxes(cri.PodSandboxFilter(id="x"))),
        cri.StreamPodSandboxesRequest(filter=cri.PodSandboxFilter(id="x")),
    ),
    "CreateContainer": (
        lambda s: s.create_container("x", CONTAINER, CONFIG),
        cri.CreateContainerRequest(pod_sandbox_id="x", config=CONTAINER, sandbox_config=CONFIG),
    ),
    "StartContainer": (
        lambda s: s.start_container("x"),
        cri.StartContainerRequest(container_id="x"),
    ),
    "StopContainer": (
        lambda s: s.stop_container("x", 7),
        cri.StopContainerRequest(container_id="x", timeout=7),
    ),
    "RemoveContainer": (
        lambda s: s.remove_container("x"),
        cri.RemoveContainerRequest(container_id="x"),
    ),
    "ListContainers": (
        lambda s: s.list_containers(cri.ContainerFilter(id="x")),
        cri.ListContainersRequest(filter=cri.ContainerFilter(id="x")),
    ),
    "StreamContainers": (
        lambda s: list(s.stream_containers(cri.ContainerFilter(id="x"))),
        cri.StreamContainersRequest(filter=cri.ContainerFilter(id="x")),
    ),
    "ContainerStatus": (
        lambda s: s.container_status("x", verbose=True),
        cri.ContainerStatusRequest(container_id="x", verbose=True),
    ),
    "UpdateContainerResources": (
        lambda s: s.update_container_resources("x", RESOURCES, {"a": "b"}),
        cri.UpdateContainerResourcesRequest(
            container_id="x", linux=RESOURCES, annotations={"a": "b"}
        ),
    ),
    "ReopenContainerLog": (
        lambda s: s.reopen_container_log("x"),
        cri.ReopenContainerLogRequest(container_id="x"),
    ),
    "ExecSync": (
        lambda s: s.exec_sync("x", ["id"], 3),
        cri.ExecSyncRequest(container_id="x", cmd=["id"], timeout=3),
    ),
    "Exec": (
        lambda s: s.exec(cri.ExecRequest(container_id="x", cmd=["id"], stdout=True)),
        cri.ExecRequest(container_id="x", cmd=["id"], stdout=True),
    ),
    "Attach": (
        lambda s: s.attach(cri.AttachRequest(container_id="x", stdout=True)),
        cri.AttachRequest(container_id="x", stdout=True),
    ),
    "PortForward": (
        lambda s: s.port_forward(cri.PortForwardRequest(pod_sandbox_id="x", port=[80])),
        cri.PortForwardRequest(pod_sandbox_id="x", port=[80]),
    ),
    "ContainerStats": (
        lambda s: s.container_stats("x"),
        cri.ContainerStatsRequest(container_id="x"),
    ),
    "ListContainerStats": (
        lambda s: s.list_container_stats(cri.ContainerStatsFilter(id="x")),
        cri.ListContainerStatsRequest(filter=cri.ContainerStatsFilter(id="x")),
    ),
    "StreamContainerStats": (
        lambda s: list(s.stream_container_stats(cri.ContainerStatsFilter(id="x"))),
        cri.StreamContainerStatsRequest(filter=cri.ContainerStatsFilter(id="x")),
    ),
    "PodSandboxStats": (
        lambda s: s.pod_sandbox_stats("x"),
        cri.PodSandboxStatsRequest(pod_sandbox_id="x"),
    ),
    "ListPodSandboxStats": (
        lambda s: s.list_pod_sandbox_stats(cri.PodSandboxStatsFilter(id="x")),
        cri.ListPodSandboxStatsRequest(filter=cri.PodSandboxStatsFilter(id="x")),
    ),
    "StreamPodSandboxStats": (
        lambda s: list(s.stream_pod_sandbox_stats(cri.PodSandboxStatsFilter(id="x"))),
        cri.StreamPodSandboxStatsRequest(filter=cri.PodSandboxStatsFilter(id="x")),
    ),
    "UpdateRuntimeConfig": (
        lambda s: s.update_runtime_config(cri.RuntimeConfig()),
        cri.UpdateRuntimeConfigRequest(runtime_config=cri.RuntimeConfig()),
    ),
    "Status": (lambda s: s.status(verbose=True), cri.StatusRequest(verbose=True)),
    "CheckpointContainer": (
        lambda s: s.checkpoint_container("x", "/file", 9),
        cri.CheckpointContainerRequest(container_id="x", location="/file", timeout=9),
    ),
    "CheckpointPod": (
        lambda s: s.checkpoint_pod(cri.CheckpointPodRequest(pod_sandbox_id="x")),
        cri.CheckpointPodRequest(pod_sandbox_id="x"),
    ),
    "RestorePod": (
        lambda s: s.restore_pod(cri.RestorePodRequest(checkpoint_path="/file")),
        cri.RestorePodRequest(checkpoint_path="/file"),
    ),
    "GetContainerEvents": (lambda s: list(s.get_container_events()), cri.GetEventsRequest()),
    "ListMetricDescriptors": (
        lambda s: s.list_metric_descriptors(),
        cri.ListMetricDescriptorsRequest(),
    ),
    "ListPodSandboxMetrics": (
        lambda s: s.list_pod_sandbox_metrics(),
        cri.ListPodSandboxMetricsRequest(),
    ),
    "StreamPodSandboxMetrics": (
        lambda s: list(s.stream_pod_sandbox_metrics()),
        cri.StreamPodSandboxMetricsRequest(),
    ),
    "RuntimeConfig": (lambda s: s.runtime_config(), cri.RuntimeConfigRequest()),
    "UpdatePodSandboxResources": (
        lambda s: s.update_pod_sandbox_resources("x", overhead=RESOURCES, resources=RESOURCES),
        cri.UpdatePodSandboxResourcesRequest(
            pod_sandbox_id="x", overhead=RESOURCES, resources=RESOURCES
        ),
    ),
    "ListImages": (
        lambda s: s.list_images(cri.ImageFilter(image=IMAGE)),
        cri.ListImagesRequest(filter=cri.ImageFilter(image=IMAGE)),
    ),
    "StreamImages": (
        lambda s: list(s.stream_images(cri.ImageFilter(image=IMAGE))),
        cri.StreamImagesRequest(filter=cri.ImageFilter(image=IMAGE)),
    ),
    "ImageStatus": (
        lambda s: s.image_status(IMAGE, verbose=True),
        cri.ImageStatusRequest(image=IMAGE, verbose=True),
    ),
    "PullImage": (
        lambda s: s.pull_image(IMAGE, cri.AuthConfig(username="me"), CONFIG),
        cri.PullImageRequest(
            image=IMAGE, auth=cri.AuthConfig(username="me"), sandbox_config=CONFIG
        ),
    ),
    "RemoveImage": (lambda s: s.remove_image(IMAGE), cri.RemoveImageRequest(image=IMAGE)),
    "ImageFsInfo": (lambda s: s.image_fs_info(), cri.ImageFsInfoRequest()),
}

STATUS = cri.ContainerStatus(
    id="x",
    metadata=cri.ContainerMetadata(name="c"),
    created_at=1,
    image=IMAGE,
    image_ref="sha256:1",
)
ANSWERS: dict[str, tuple[Message, object]] = {
    "RunPodSandbox": (cri.RunPodSandboxResponse(pod_sandbox_id="new"), "new"),
    "CreateContainer": (cri.CreateContainerResponse(container_id="new"), "new"),
    "Exec": (cri.ExecResponse(url="http://x"), "http://x"),
    "Attach": (cri.AttachResponse(url="http://x"), "http://x"),
    "PortForward": (cri.PortForwardResponse(url="http://x"), "http://x"),
    "PullImage": (cri.PullImageResponse(image_ref="sha256:1"), "sha256:1"),
    "Status": (
        (
            answer := cri.StatusResponse(
                status=cri.RuntimeStatus(
                    conditions=[cri.RuntimeCondition(type="a"), cri.RuntimeCondition(type="b")]
                )
            )
        ),
        answer,
    ),
    "Version": (
        (
            version := cri.VersionResponse(
                version="0.1.0",
                runtime_name="r",
                runtime_version="1",
                runtime_api_version="v1",
            )
        ),
        version,
    ),
    "PodSandboxStatus": (
        (
            sandbox := cri.PodSandboxStatusResponse(
                status=cri.PodSandboxStatus(id="x", metadata=CONFIG.metadata, created_at=1)
            )
        ),
        sandbox,
    ),
    "ContainerStatus": (
        (container := cri.ContainerStatusResponse(status=STATUS)),
        container,
    ),
    "ListContainers": (
        cri.ListContainersResponse(containers=[cri.Container(id="x")]),
        [cri.Container(id="x")],
    ),
    "ListPodSandbox": (
        cri.ListPodSandboxResponse(items=[cri.PodSandbox(id="x")]),
        [cri.PodSandbox(id="x")],
    ),
    "ListImages": (cri.ListImagesResponse(images=[cri.Image(id="x")]), [cri.Image(id="x")]),
    "StreamContainers": (
        cri.StreamContainersResponse(containers=[cri.Container(id="x")]),
        [cri.Container(id="x")],
    ),
    "StreamPodSandboxes": (
        cri.StreamPodSandboxesResponse(pod_sandboxes=[cri.PodSandbox(id="x")]),
        [cri.PodSandbox(id="x")],
    ),
    "StreamImages": (cri.StreamImagesResponse(images=[cri.Image(id="x")]), [cri.Image(id="x")]),
    "StreamContainerStats": (
        cri.StreamContainerStatsResponse(container_stats=[cri.ContainerStats()]),
        [cri.ContainerStats()],
    ),
    "StreamPodSandboxStats": (
        cri.StreamPodSandboxStatsResponse(pod_sandbox_stats=[cri.PodSandboxStats()]),
        [cri.PodSandboxStats()],
    ),
    "StreamPodSandboxMetrics": (
        cri.StreamPodSandboxMetricsResponse(pod_sandbox_metrics=[cri.PodSandboxMetrics()]),
        [cri.PodSandboxMetrics()],
    ),
    "GetContainerEvents": (
        cri.ContainerEventResponse(container_id="x"),
        [cri.ContainerEventResponse(container_id="x")],
    ),
    "ContainerStats": (
        cri.ContainerStatsResponse(
            stats=cri.ContainerStats(attributes=cri.ContainerAttributes(id="x"))
        ),
        cri.ContainerStats(attributes=cri.ContainerAttributes(id="x")),
    ),
    "ListContainerStats": (
        cri.ListContainerStatsResponse(stats=[cri.ContainerStats()]),
        [cri.ContainerStats()],
    ),
    "ListMetricDescriptors": (
        cri.ListMetricDescriptorsResponse(descriptors=[cri.MetricDescriptor(name="m")]),
        [cri.MetricDescriptor(name="m")],
    ),
    "ExecSync": ((done := cri.ExecSyncResponse(stdout=b"o", exit_code=3)), done),
}


def _rpcs() -> dict[str, tuple[bool, type[Message]]]:
    services = cri.DESCRIPTOR.services_by_name.values()
    return {
        method.name: (
            method.server_streaming,
            message_factory.GetMessageClass(method.output_type),
        )
        for service in services
        for method in service.methods
    }


def test_every_rpc_of_the_schema_is_covered() -> None:
    assert CALLS.keys() == _rpcs().keys()


@pytest.mark.parametrize("package", ["runtime.v1", "runtime.v1alpha2"])
@pytest.mark.parametrize("rpc", sorted(CALLS))
def test_an_rpc_carries_its_arguments_and_its_answer(
    scripted: Scripted, rpc: str, package: str
) -> None:
    scripted.package = package
    streaming, answer_class = _rpcs()[rpc]
    reply, expected = ANSWERS.get(rpc, (answer_class(), ...))

    def stream(_request: Message, _context: grpc.ServicerContext) -> Iterator[Message]:
        yield reply

    scripted.answers[rpc] = stream if streaming else lambda _request, _context: reply
    options = RemoteOptions(endpoint=scripted.endpoint, image_endpoint=scripted.endpoint)
    call, request = CALLS[rpc]

    with backend.open(options) as service:
        result = call(service)

    assert scripted.requests[-1] == (rpc, request)
    if expected is not ...:
        assert result == expected
