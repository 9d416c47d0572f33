"""Each of the 43 RPCs reaches the method of its name with its arguments, and its answer returns."""

# ruff: noqa: ANN401 - what any of 43 methods takes and gives

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import pytest

from runtimes.core import errors
from runtimes.core.cri.unimplemented import UnimplementedService
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.server.service import FEEDS, LISTINGS, UNARY, V1, V1ALPHA2_RPCS, methods

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.server.tests.hosting import Hosted

POD = cri.PodSandboxConfig(metadata=cri.PodSandboxMetadata(name="p", uid="u", namespace="n"))
CONTAINER = cri.ContainerConfig(
    metadata=cri.ContainerMetadata(name="c"), image=cri.ImageSpec(image="busybox")
)
IMAGE = cri.ImageSpec(image="busybox:1", annotations={"a": "b"})
RESOURCES = cri.LinuxContainerResources(cpu_shares=7)
CONDITIONS = [cri.RuntimeCondition(type=one) for one in ("RuntimeReady", "NetworkReady")]
SANDBOX_STATUS = cri.PodSandboxStatusResponse(
    status=cri.PodSandboxStatus(id="x", metadata=POD.metadata, created_at=5), info={"k": "v"}
)
CONTAINER_STATUS = cri.ContainerStatusResponse(
    status=cri.ContainerStatus(
        id="x",
        metadata=CONTAINER.metadata,
        created_at=5,
        image=cri.ImageSpec(image="i"),
        image_ref="r",
    )
)
EXEC = cri.ExecRequest(container_id="x", cmd=["id"], stdout=True)
ATTACH = cri.AttachRequest(container_id="x", stdout=True)
FORWARD = cri.PortForwardRequest(pod_sandbox_id="x", port=[80])
VERSION = cri.VersionResponse(
    version="0.1.0", runtime_name="r", runtime_version="1", runtime_api_version="v1"
)
CHECKPOINT = cri.CheckpointPodRequest(pod_sandbox_id="x")
RESTORE = cri.RestorePodRequest(checkpoint_path="/file")

Call = tuple[tuple[Any, ...], dict[str, Any], Any]
CALLS: dict[str, Call] = {
    "version": (("0.1.0",), {}, VERSION),
    "status": (
        (),
        {"verbose": True},
        cri.StatusResponse(status=cri.RuntimeStatus(conditions=CONDITIONS), info={"a": "b"}),
    ),
    "runtime_config": (
        (),
        {},
        cri.RuntimeConfigResponse(linux=cri.LinuxRuntimeConfiguration(cgroup_driver=cri.CGROUPFS)),
    ),
    "update_runtime_config": (
        (cri.RuntimeConfig(network_config=cri.NetworkConfig(pod_cidr="10.0.0.0/24")),),
        {},
        None,
    ),
    "get_container_events": ((), {}, [cri.ContainerEventResponse(container_id="x")]),
    "run_pod_sandbox": ((POD, "kata"), {}, "new"),
    "stop_pod_sandbox": (("x",), {}, None),
    "remove_pod_sandbox": (("x",), {}, None),
    "pod_sandbox_status": (("x",), {"verbose": True}, SANDBOX_STATUS),
    "list_pod_sandbox": ((cri.PodSandboxFilter(id="x"),), {}, [cri.PodSandbox(id="x")]),
    "stream_pod_sandboxes": ((cri.PodSandboxFilter(id="x"),), {}, [cri.PodSandbox(id="x")]),
    "update_pod_sandbox_resources": (
        ("x",),
        {"overhead": RESOURCES, "resources": cri.LinuxContainerResources(cpu_quota=9)},
        None,
    ),
    "port_forward": ((FORWARD,), {}, "http://forward"),
    "create_container": (("x", CONTAINER, POD), {}, "new"),
    "start_container": (("x",), {}, None),
    "stop_container": (("x", 7), {}, None),
    "remove_container": (("x",), {}, None),
    "list_containers": ((cri.ContainerFilter(id="x"),), {}, [cri.Container(id="x")]),
    "stream_containers": ((cri.ContainerFilter(id="x"),), {}, [cri.Container(id="x")]),
    "container_status": (("x",), {"verbose": True}, CONTAINER_STATUS),
    "update_container_resources": (("x", RESOURCES, {"a": "b"}), {}, None),
    "reopen_container_log": (("x",), {}, None),
    "checkpoint_container": (("x", "/file", 9), {}, None),
    "checkpoint_pod": ((CHECKPOINT,), {}, cri.CheckpointPodResponse()),
    "restore_pod": ((RESTORE,), {}, cri.RestorePodResponse()),
    "exec_sync": ((("x", ["id", "-u"], 3)), {}, cri.ExecSyncResponse(stdout=b"o", exit_code=3)),
    "exec": ((EXEC,), {}, "http://exec"),
    "attach": ((ATTACH,), {}, "http://attach"),
    "container_stats": (
        ("x",),
        {},
        cri.ContainerStats(attributes=cri.ContainerAttributes(id="x")),
    ),
    "list_container_stats": (
        (cri.ContainerStatsFilter(id="x"),),
        {},
        [cri.ContainerStats(attributes=cri.ContainerAttributes(id="x"))],
    ),
    "stream_container_stats": (
        (cri.ContainerStatsFilter(id="x"),),
        {},
        [cri.ContainerStats(attributes=cri.ContainerAttributes(id="x"))],
    ),
    "pod_sandbox_stats": (
        ("x",),
        {},
        cri.PodSandboxStats(attributes=cri.PodSandboxAttributes(id="x")),
    ),
    "list_pod_sandbox_stats": (
        (cri.PodSandboxStatsFilter(id="x"),),
        {},
        [cri.PodSandboxStats(attributes=cri.PodSandboxAttributes(id="x"))],
    ),
    "stream_pod_sandbox_stats": (
        (cri.PodSandboxStatsFilter(id="x"),),
        {},
        [cri.PodSandboxStats(attributes=cri.PodSandboxAttributes(id="x"))],
    ),
    "list_metric_descriptors": ((), {}, [cri.MetricDescriptor(name="m")]),
    "list_pod_sandbox_metrics": ((), {}, [cri.PodSandboxMetrics(pod_sandbox_id="x")]),
    "stream_pod_sandbox_metrics": ((), {}, [cri.PodSandboxMetrics(pod_sandbox_id="x")]),
    "list_images": ((cri.ImageFilter(image=IMAGE),), {}, [cri.Image(id="x")]),
    "stream_images": ((cri.ImageFilter(image=IMAGE),), {}, [cri.Image(id="x")]),
    "image_status": (
        (IMAGE,),
        {"verbose": True},
        cri.ImageStatusResponse(image=cri.Image(id="x", size=3), info={"a": "b"}),
    ),
    "pull_image": ((IMAGE, cri.AuthConfig(username="u"), POD), {}, "sha256:1"),
    "remove_image": ((IMAGE,), {}, None),
    "image_fs_info": (
        (),
        {},
        cri.ImageFsInfoResponse(image_filesystems=[cri.FilesystemUsage(timestamp=3)]),
    ),
}
NO_FILTER = [
    name for name, (args, _, _) in CALLS.items() if args and "Filter" in repr(type(args[0]))
]


class Recorder(UnimplementedService):
    """Answers from the table, and notes each call's arguments by name."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattribute__(self, name: str) -> Any:
        if name not in CALLS:
            return super().__getattribute__(name)
        signature = inspect.signature(getattr(UnimplementedService, name))

        def answer(*args: Any, **kwargs: Any) -> Any:
            bound = signature.bind(self, *args, **kwargs)
            bound.apply_defaults()
            self.calls.append((name, {k: v for k, v in bound.arguments.items() if k != "self"}))
            result = CALLS[name][2]
            streams = name.startswith("stream_") or name == "get_container_events"
            return iter(result) if streams else result

        return answer


def called(service: Any, name: str, *args: Any, **kwargs: Any) -> Any:
    result = getattr(service, name)(*args, **kwargs)
    return list(result) if hasattr(result, "__next__") else result


def test_the_table_has_every_rpc_of_the_schema() -> None:
    rpcs = {method.name for method in methods() if method.package == V1}

    assert rpcs == {*UNARY, *LISTINGS, *FEEDS}
    assert len(CALLS) == len(rpcs) == 43
    assert rpcs >= V1ALPHA2_RPCS
    assert len(V1ALPHA2_RPCS) == 29


def test_every_call_arrives_as_it_was_made(host: Callable[..., Hosted]) -> None:
    direct, remote = Recorder(), Recorder()
    differing = []

    with host(remote).connect(api="v1") as service:
        for name, (args, kwargs, _) in CALLS.items():
            expected = called(direct, name, *args, **kwargs)
            answer = called(service, name, *args, **kwargs)
            if answer != expected or remote.calls[-1:] != direct.calls[-1:]:
                differing.append((name, answer, remote.calls[-1:], direct.calls[-1:]))

    assert not differing


def test_optional_arguments_that_are_left_out_stay_out(host: Callable[..., Hosted]) -> None:
    direct, remote = Recorder(), Recorder()
    calls: list[tuple[str, tuple[Any, ...]]] = [
        *((name, ()) for name in NO_FILTER),
        ("pull_image", (IMAGE,)),
        ("update_pod_sandbox_resources", ("x",)),
        ("status", ()),
    ]

    with host(remote).connect(api="v1") as service:
        for name, args in calls:
            called(direct, name, *args)
            called(service, name, *args)

    optional = [list(found.values()) for _, found in remote.calls]
    assert len(NO_FILTER) == 10
    assert all(None in values for values in optional[:-1])
    assert optional[-1] == [False]


def test_v1alpha2_has_its_own_rpcs_and_no_others(host: Callable[..., Hosted]) -> None:
    served: set[str] = set()
    recorder = Recorder()
    with host(recorder).connect(api="v1alpha2") as service:
        for name, (args, kwargs, _) in CALLS.items():
            try:
                called(service, name, *args, **kwargs)
            except errors.Unimplemented:
                continue
            served.add(name)

    words = {
        rpc: "".join(f"_{c.lower()}" if c.isupper() else c for c in rpc)[1:]
        for rpc in V1ALPHA2_RPCS
    }
    assert served == set(words.values())
    assert {name for name, _ in recorder.calls} == served


@pytest.mark.parametrize("api", ["v1", "v1alpha2"])
def test_version_names_the_api_that_was_asked(host: Callable[..., Hosted], api: str) -> None:
    with host(Recorder()).connect(api=api) as service:
        assert service.version("0.1.0").runtime_api_version == api
