"""The reference plugins, as distributions package them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.cni.network import PortMapping
from runtimes.cni.plugins import execute

if TYPE_CHECKING:
    from runtimes.cni.tests.conftest import Host

pytestmark = pytest.mark.needs_root

BIN_DIRS = (Path("/opt/cni/bin"), Path("/usr/lib/cni"), Path("/usr/libexec/cni"))
HOST_IP = "203.0.113.2"


@pytest.fixture(params=["0.3.1", "0.4.0", "1.0.0"])
def bridged(host: Host, request: pytest.FixtureRequest) -> Host:
    """Pods on bridge + host-local + portmap + bandwidth."""
    for name in ("bridge", "host-local", "portmap", "bandwidth"):
        if execute.find(name, BIN_DIRS) is None:
            _lack(f"needs the CNI plugin {name}: apt-get install containernetworking-plugins")
    conf_dir = host.directory / "net.d"
    conf_dir.mkdir()
    ipam = {
        "type": "host-local",
        "dataDir": str(host.directory / "ipam"),
        "ranges": [[{"subnet": "10.77.0.0/24"}]],
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    bridge = {"type": "bridge", "bridge": "cni0", "isGateway": True, "ipMasq": True, "ipam": ipam}
    chain = [
        bridge,
        {"type": "portmap", "snat": True, "capabilities": {"portMappings": True}},
        {"type": "bandwidth", "capabilities": {"bandwidth": True}},
    ]
    content = {"cniVersion": request.param, "name": "real", "plugins": chain}
    (conf_dir / "10-real.conflist").write_text(json.dumps(content))
    host.reopen(cni_conf_dir=conf_dir, cni_bin_dirs=BIN_DIRS)
    return host


def _lack(reason: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def leases(host: Host) -> set[str]:
    return {path.name for path in (host.directory / "ipam/real").glob("10.*")}


def test_a_pod_lives_on_the_reference_plugins(bridged: Host) -> None:
    assert bridged.status() is None
    pod = bridged.pod(PortMapping("tcp", 80, 8080))
    other = bridged.pod(annotations={"kubernetes.io/ingress-bandwidth": "8M"})

    assert pod.pings(other.ip)
    assert other.pings("127.0.0.1")
    with bridged.internet.serve(443) as server:
        assert pod.reaches("198.51.100.1", 443, server) == HOST_IP
    with pod.serve(80) as server:
        assert bridged.internet.reaches(HOST_IP, 8080, server)
        assert bridged.namespace.reaches("127.0.0.1", 8080, server)
    assert "rate 8Mbit" in bridged.shell("tc qdisc show")
    assert {pod.ip, other.ip} == leases(bridged)
    assert bridged.network.statistics(pod.path)[0].rx_packets > 0

    bridged.remove(pod)
    bridged.remove(other)

    assert leases(bridged) == set()
    assert "8080" not in bridged.shell("iptables-save")
    assert "rate 8Mbit" not in bridged.shell("tc qdisc show")


def test_detach_frees_the_address_of_a_pod_whose_namespace_is_gone(bridged: Host) -> None:
    from runtimes.core import netns

    pod = bridged.pod(PortMapping("tcp", 80, 8080))
    netns.delete(pod.path)

    bridged.detach(pod)

    assert leases(bridged) == set()
    assert "8080" not in bridged.shell("iptables-save")
