"""From call to Running: one pod of one container, on every engine of this host, side by side.

    scripts/engines start all > env; set -a; . ./env; python benchmarks/pod_start.py --rounds 20

`oci` runs in this process; containerd is called through its CRI socket, Docker through its HTTP API
(a pause container that holds the network, and one that joins it), podman through its command, which
starts one container and no pod. Every one has outbound NAT and a memory limit; oci fsyncs.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import uuid
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine_api import DockerPods, PodmanContainers
from side_by_side import Contender, report, run

from runtimes.cni.bridge.builtin import BuiltinBridge
from runtimes.cni.bridge.segment import BridgeOptions
from runtimes.contract.testimage.busybox import BUSYBOX, busybox
from runtimes.core.configure import fill
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.discovery import load

if TYPE_CHECKING:
    from runtimes.core.cri.services import CriService

MEMORY = 64 * 1024 * 1024


class CriPods:
    """Pods over any CRI service."""

    def __init__(self, service: CriService, image: str, logs: Path) -> None:
        self.service = service
        self.image = image
        self.logs = logs

    def start(self, number: int) -> str:
        uid = uuid.uuid4().hex
        metadata = cri.PodSandboxMetadata(name=f"bench-{number}", namespace="bench", uid=uid)
        sandbox_config = cri.PodSandboxConfig(
            metadata=metadata, log_directory=str(self.logs / uid), linux=cri.LinuxPodSandboxConfig()
        )
        config = cri.ContainerConfig(
            metadata=cri.ContainerMetadata(name="main"),
            image=cri.ImageSpec(image=self.image),
            command=["sleep", "600"],
            log_path="main.log",
            linux=cri.LinuxContainerConfig(
                resources=cri.LinuxContainerResources(memory_limit_in_bytes=MEMORY)
            ),
        )
        (self.logs / uid).mkdir(parents=True)
        sandbox = self.service.run_pod_sandbox(sandbox_config)
        container = self.service.create_container(sandbox, config, sandbox_config)
        self.service.start_container(container)
        return sandbox

    def running(self, number: int) -> str:
        sandbox = self.start(number)
        containers = self.service.list_containers(cri.ContainerFilter(pod_sandbox_id=sandbox))
        assert [c.state for c in containers] == [cri.CONTAINER_RUNNING]
        return sandbox

    def remove(self, sandbox: object) -> None:
        self.service.stop_pod_sandbox(str(sandbox))
        self.service.remove_pod_sandbox(str(sandbox))


def opened(name: str, values: dict[str, str]) -> Any:  # noqa: ANN401 -- any kind of service
    backend = load(name)
    return backend.open(fill(backend.options, values))


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--strict", action="store_true", help="exit 1 when a goal is missed")
    return parser.parse_args()


def contenders(stack: ExitStack, scratch: Path) -> list[Contender]:
    logs = scratch / "logs"
    archive = scratch / "busybox.tar"
    archive.write_bytes(busybox().archive())
    oci_options = {
        "root": str(scratch / "oci"), "run_root": str(scratch / "run"), "bridge": "rtbench0",
    }  # fmt: skip
    bridge = BuiltinBridge(scratch / "run/network/bridge", BridgeOptions("rtbench0"))
    stack.callback(bridge.uninstall)
    oci = stack.enter_context(opened("oci", oci_options))
    oci.import_image(archive, BUSYBOX)
    pods = CriPods(oci, BUSYBOX, logs)
    found = [Contender("oci", pods.running, pods.remove)]
    if os.environ.get("RUNTIMES_TEST_DOCKER_HOST"):
        docker = DockerPods(os.environ["RUNTIMES_TEST_DOCKER_HOST"], BUSYBOX, MEMORY)
        found.append(Contender("Docker Engine API", docker.running, docker.remove, 1 / 10))
    if os.environ.get("CONTAINER_RUNTIME_ENDPOINT"):
        remote = stack.enter_context(opened("cri", {}))
        pods = CriPods(remote, BUSYBOX, logs)
        found.append(Contender("containerd CRI", pods.running, pods.remove, 1 / 5))
    if shutil.which("podman"):
        podman = PodmanContainers(scratch / "podman", archive, BUSYBOX, MEMORY)
        stack.callback(podman.close)
        if podman.usable:
            found.append(Contender("podman run", podman.running, podman.remove, 1 / 6))
    return found


def main() -> int:
    given = options()
    scratch = Path(tempfile.mkdtemp(prefix="runtimes-bench-", dir="/var/tmp"))
    try:
        with ExitStack() as stack:
            field = contenders(stack, scratch)
            run(field, given.rounds)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    met = report(field, "pod start: call to Running")
    return 1 if given.strict and not met else 0


if __name__ == "__main__":
    sys.exit(main())
