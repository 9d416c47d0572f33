"""Ports of a pod are reached through its own loopback."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors, netns
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.oci.tests.pods import Pods

pytestmark = [pytest.mark.needs_root, pytest.mark.needs_oci]


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_what_listens_on_the_pods_loopback_is_reached(pods: Pods, address: str) -> None:
    pod = pods.run()
    family = socket.AF_INET6 if ":" in address else socket.AF_INET

    with (
        netns.enter(
            pods.engine.paths.pin(pod.id, "net"),
            lambda: socket.create_server((address, 8080), family=family),
        ) as server,
        pods.service.open_port_forward(pod.id, 8080) as here,
        server.accept()[0] as there,
    ):
        here.sendall(b"ping")

        assert there.recv(100) == b"ping"


def test_with_the_hosts_network_it_is_the_hosts_loopback(pods: Pods) -> None:
    modes = cri.NamespaceOption(network=cri.NODE, pid=cri.CONTAINER)
    context = cri.LinuxSandboxSecurityContext(namespace_options=modes)
    pod = pods.run(pods.config(security_context=context))

    with socket.create_server(("127.0.0.1", 0)) as server:
        pods.service.open_port_forward(pod.id, server.getsockname()[1]).close()


def test_what_cannot_be_reached_is_told(pods: Pods) -> None:
    pod = pods.run()

    with pytest.raises(errors.Unavailable, match="port 8080"):
        pods.service.open_port_forward(pod.id, 8080)
    with pytest.raises(errors.InvalidArgument, match="1 to 65535"):
        pods.service.open_port_forward(pod.id, 0)
    pods.service.stop_pod_sandbox(pod.id)
    with pytest.raises(errors.FailedPrecondition, match="isn't ready"):
        pods.service.open_port_forward(pod.id, 8080)
    with pytest.raises(errors.NotFound):
        pods.service.open_port_forward("f" * 64, 8080)
