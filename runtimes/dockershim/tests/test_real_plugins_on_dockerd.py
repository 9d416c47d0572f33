"""The reference CNI plugins on a real Engine: host ports, bandwidth, and addresses given back."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest

from runtimes.cni.plugins import execute
from runtimes.core import netns
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.dockershim.tests.test_networks_on_dockerd import reboot
from runtimes.dockershim.tests.wait import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.contract.engines.session import EngineSession
    from runtimes.dockershim.service import DockershimService
    from runtimes.dockershim.tests.conftest import Node

pytestmark = [pytest.mark.needs_docker, pytest.mark.needs_root]
T = TypeVar("T")
BIN_DIRS = (Path("/opt/cni/bin"), Path("/usr/lib/cni"), Path("/usr/libexec/cni"))
PLUGINS = ("ptp", "host-local", "portmap", "bandwidth")
SERVE = "mkdir /www; echo from the pod > /www/index.html; exec httpd -f -p 80 -h /www"


@dataclass(frozen=True)
class Place:
    """The Engine's network, and what the plugins keep of addresses."""

    network: Path
    leases: Path

    def here(self, act: Callable[[], T]) -> T:
        """Do it where the Engine's pods can be reached."""
        return netns.enter(self.network, act)

    def shell(self, *argv: str) -> str:
        return self.here(
            lambda: subprocess.run(argv, capture_output=True, check=True, text=True)
        ).stdout

    def given(self) -> list[str]:
        return [path.name for path in self.leases.glob("*/10.*")]

    def free_port(self) -> int:
        with self.here(socket.socket) as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    def answers(self, port: int) -> bool:
        def ask() -> bytes:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
                found: bytes = answer.read()
                return found

        try:
            return self.here(ask) == b"from the pod\n"
        except OSError:
            return False


@pytest.fixture
def place(runtimes_engines: EngineSession, tmp_path: Path) -> Place:
    lacking = [name for name in PLUGINS if execute.find(name, BIN_DIRS) is None]
    if lacking:
        reason = f"needs the CNI plugins {lacking}: apt-get install containernetworking-plugins"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    network = runtimes_engines.env("dockerd")["RUNTIMES_TEST_DOCKER_NETNS"]
    return Place(Path(network), tmp_path / "leases")


@pytest.fixture
def service(node: Node, place: Place, tmp_path: Path) -> DockershimService:
    (tmp_path / "conf").mkdir()
    ipam = {"type": "host-local", "dataDir": str(place.leases), "subnet": "10.77.9.0/24"}
    chain = [
        {"type": "ptp", "ipMasq": True, "ipam": ipam},
        {"type": "portmap", "snat": True, "capabilities": {"portMappings": True}},
        {"type": "bandwidth", "capabilities": {"bandwidth": True}},
    ]
    content = {"cniVersion": "1.0.0", "name": "real", "plugins": chain}
    (tmp_path / "conf/10-real.conflist").write_text(json.dumps(content))
    return node.open(network="cni", cni_conf_dir=tmp_path / "conf", cni_bin_dirs=BIN_DIRS)


def test_ports_and_bandwidth_hold_and_a_reboot_takes_no_address_away(
    node: Node, place: Place, service: DockershimService
) -> None:
    port = place.free_port()
    config = node.sandbox("real")
    config.port_mappings.append(cri.PortMapping(container_port=80, host_port=port))
    config.annotations["kubernetes.io/ingress-bandwidth"] = "8M"
    sandbox = place.here(lambda: service.run_pod_sandbox(config))
    web = service.create_container(sandbox, node.container("sh", "-c", SERVE), config)
    service.start_container(web)

    wait_for(lambda: place.answers(port), "the pod to answer on its host port")
    assert "rate 8Mbit" in place.shell("tc", "qdisc", "show")
    assert place.given() == [service.pod_sandbox_status(sandbox).status.network.ip]

    reboot(service, sandbox)
    place.here(lambda: service.stop_pod_sandbox(sandbox))

    assert place.given() == []
    assert re.search(rf"dports? {port}\b", place.shell("iptables-save")) is None
