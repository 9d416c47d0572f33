"""Claims, both ways: what isn't claimed is refused, what is claimed isn't."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.contract.requires import Undeclared
from runtimes.contract.streams import begin_attach, begin_exec, begin_port_forward
from runtimes.core import deadline, errors
from runtimes.core.capability import RPC_CAPABILITY, Capability
from runtimes.core.cri.services import ImageImporter
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runtimes.contract.bench import Bench
    from runtimes.core.cri.services import CriService

ABSENT = "no-such-object"
STREAM_PATIENCE = 1.0
_RESOURCES = cri.LinuxContainerResources(cpu_shares=100)
_IMAGE = cri.ImageSpec(image="runtimes-contract.invalid/no/such:image")

CALLS: dict[str, Callable[[CriService], object]] = {
    "ExecSync": lambda s: s.exec_sync(ABSENT, ["true"], 5),
    "Exec": lambda s: begin_exec(
        s, cri.ExecRequest(container_id=ABSENT, cmd=["true"], stdout=True)
    ),
    "Attach": lambda s: begin_attach(s, cri.AttachRequest(container_id=ABSENT, stdout=True)),
    "PortForward": lambda s: begin_port_forward(s, ABSENT, 80),
    "ReopenContainerLog": lambda s: s.reopen_container_log(ABSENT),
    "ContainerStats": lambda s: s.container_stats(ABSENT),
    "ListContainerStats": lambda s: s.list_container_stats(cri.ContainerStatsFilter(id=ABSENT)),
    "PodSandboxStats": lambda s: s.pod_sandbox_stats(ABSENT),
    "ListPodSandboxStats": lambda s: s.list_pod_sandbox_stats(cri.PodSandboxStatsFilter(id=ABSENT)),
    "ListMetricDescriptors": lambda s: s.list_metric_descriptors(),
    "ListPodSandboxMetrics": lambda s: s.list_pod_sandbox_metrics(),
    "GetContainerEvents": lambda s: next(s.get_container_events()),
    "StreamPodSandboxes": lambda s: list(s.stream_pod_sandboxes(cri.PodSandboxFilter(id=ABSENT))),
    "StreamContainers": lambda s: list(s.stream_containers(cri.ContainerFilter(id=ABSENT))),
    "StreamContainerStats": lambda s: list(
        s.stream_container_stats(cri.ContainerStatsFilter(id=ABSENT))
    ),
    "StreamPodSandboxStats": lambda s: list(
        s.stream_pod_sandbox_stats(cri.PodSandboxStatsFilter(id=ABSENT))
    ),
    "StreamPodSandboxMetrics": lambda s: list(s.stream_pod_sandbox_metrics()),
    "StreamImages": lambda s: list(s.stream_images(cri.ImageFilter(image=_IMAGE))),
    "UpdateContainerResources": lambda s: s.update_container_resources(ABSENT, _RESOURCES),
    "UpdatePodSandboxResources": lambda s: s.update_pod_sandbox_resources(
        ABSENT, resources=_RESOURCES
    ),
    "CheckpointContainer": lambda s: s.checkpoint_container(ABSENT, "/nonexistent/file", 5),
    "CheckpointPod": lambda s: s.checkpoint_pod(cri.CheckpointPodRequest(pod_sandbox_id=ABSENT)),
    "RestorePod": lambda s: s.restore_pod(
        cri.RestorePodRequest(checkpoint_path="/nonexistent/file")
    ),
    "RuntimeConfig": lambda s: s.runtime_config(),
    "UpdateRuntimeConfig": lambda s: s.update_runtime_config(cri.RuntimeConfig()),
    "PullImage": lambda s: s.pull_image(cri.ImageSpec()),
    "RemoveImage": lambda s: s.remove_image(_IMAGE),
    "ImageFsInfo": lambda s: s.image_fs_info(),
}
"""Every optional RPC, asked about something that doesn't exist so that nothing happens."""

STREAMS_OF = {
    "StreamContainerStats": Capability.CONTAINER_STATS,
    "StreamPodSandboxStats": Capability.SANDBOX_STATS,
    "StreamPodSandboxMetrics": Capability.METRICS,
}
"""What can only be streamed by who has it at all."""


@pytest.mark.parametrize("rpc", sorted(RPC_CAPABILITY))
def test_an_rpc_is_refused_exactly_when_it_is_not_claimed(contract: Bench, rpc: str) -> None:
    refused = False

    with deadline.within(STREAM_PATIENCE if rpc == "GetContainerEvents" else None):
        try:
            CALLS[rpc](contract.service)
        except errors.Unimplemented:
            refused = True
        except errors.Error:
            refused = False

    needed = RPC_CAPABILITY[rpc]
    claimed = contract.claims(needed) and contract.claims(STREAMS_OF.get(rpc, needed))
    found = f"claimed: {claimed}, refused as unimplemented: {refused}"
    if not claimed and not refused:
        raise Undeclared(f"{rpc} works, so claim {needed}; {found}")
    assert refused is not claimed, found


def test_importing_is_there_exactly_when_it_is_claimed(contract: Bench, tmp_path: Path) -> None:
    importer = contract.service
    refused = not isinstance(importer, ImageImporter)
    if isinstance(importer, ImageImporter):
        try:
            importer.import_image(tmp_path / "nonexistent.tar")
        except errors.Unimplemented:
            refused = True
        except errors.Error:
            refused = False

    assert refused is not contract.claims(Capability.IMAGE_IMPORT)


def test_another_runtime_handler_is_refused_when_there_is_none(contract: Bench) -> None:
    with pytest.raises(errors.Error):
        contract.new_sandbox(runtime_handler="no-such-handler")
