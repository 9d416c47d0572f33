"""A pod's network attached and detached: the built-in bridge against the CNI reference plugins.

    sudo python benchmarks/network.py --rounds 20

Both work in a network namespace of their own, which plays the host; both give outbound NAT, and
with `--ports` a host port. Neither flushes its records to the disk, but that CniNetwork does, once
before ADD and once after.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from side_by_side import Contender, report, run

from runtimes.cni import loopback
from runtimes.cni.choose import NetworkOptions, open_network
from runtimes.cni.network import AttachRequest, DetachRequest, PortMapping
from runtimes.core import netns

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.cni.network import PodNetwork

GOAL = 1 / 5
WARM_UP = 2


@dataclass
class Pods:
    """Namespaces that are pinned beforehand, and attached while the clock runs."""

    scratch: Path
    network: PodNetwork
    port: int
    ready: dict[int, AttachRequest] = field(default_factory=dict)

    def prepare(self, rounds: int) -> None:
        name = self.network.name
        for number in range(rounds):
            path = self.scratch / f"{name}{number}"
            netns.create(path)
            ports = (PortMapping("tcp", 80, self.port + number),) if self.port else ()
            pod = f"{name}-{number}"
            self.ready[number] = AttachRequest(pod, pod, "bench", pod, path, ports)

    def attach(self, number: int) -> None:
        self.network.attach(self.ready[number])

    def detach(self, number: int) -> None:
        request = self.ready[number]
        self.network.detach(DetachRequest(request.sandbox_id, netns=request.netns))

    def drop(self) -> None:
        for request in self.ready.values():
            netns.delete(request.netns)


def plugins(scratch: Path) -> PodNetwork:
    conf_dir = scratch / "net.d"
    conf_dir.mkdir()
    ipam = {
        "type": "host-local",
        "dataDir": str(scratch / "ipam"),
        "ranges": [[{"subnet": "10.77.0.0/16"}]],
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    bridge = {"type": "bridge", "bridge": "cni0", "isGateway": True, "ipMasq": True, "ipam": ipam}
    portmap = {"type": "portmap", "snat": True, "capabilities": {"portMappings": True}}
    content = {"cniVersion": "1.0.0", "name": "bench", "plugins": [bridge, portmap]}
    (conf_dir / "10-bench.conflist").write_text(json.dumps(content))
    return open_network(NetworkOptions(scratch, cni_conf_dir=conf_dir))


def measure(scratch: Path, rounds: int, *, ports: bool) -> bool:
    loopback.bring_up(Path("/proc/thread-self/ns/net"))
    bridge = Pods(scratch, open_network(NetworkOptions(scratch)), 20000 if ports else 0)
    cni = Pods(scratch, plugins(scratch), 30000 if ports else 0)
    try:
        for pods in (bridge, cni):
            pods.prepare(rounds + WARM_UP)
        what = "attach, one host port" if ports else "attach"
        attached = compare(what, bridge.attach, cni.attach, rounds)
        detached = compare("detach, namespace kept", bridge.detach, cni.detach, rounds)
        return attached and detached
    finally:
        bridge.drop()
        cni.drop()


def compare(
    what: str, bridge: Callable[[int], None], cni: Callable[[int], None], rounds: int
) -> bool:
    contenders = [
        Contender("built-in bridge", bridge, nothing),
        Contender("CNI bridge + portmap", cni, nothing, GOAL),
    ]
    run(contenders, rounds, WARM_UP)
    return report(contenders, what)


def nothing(_: object) -> None:
    """Clean up nothing: what is attached here is detached by the next comparison."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--ports", action="store_true", help="publish one host port per pod")
    parser.add_argument("--strict", action="store_true", help="exit 1 when a goal is missed")
    given = parser.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="runtimes-bench-", dir="/run"))
    host = scratch / "host"
    try:
        netns.create(host)
        met = netns.enter(host, lambda: measure(scratch, given.rounds, ports=given.ports))
    finally:
        netns.delete(host)
        shutil.rmtree(scratch, ignore_errors=True)
    return 1 if given.strict and not met else 0


if __name__ == "__main__":
    sys.exit(main())
