"""The pod's network: an address, shared by its containers, or the node's."""

from __future__ import annotations

import ctypes
import os
import socket
import threading
from ipaddress import ip_address
from typing import TYPE_CHECKING

from runtimes.contract.requires import requires
from runtimes.core.capability import Capability
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runtimes.contract.bench import Bench, Sandbox

CLONE_NEWNET = 0x40000000
CONTAINER_PORT = 8080
SERVE = "while :; do echo from the pod | nc -l -p 8080; done"


def network_of(contract: Bench, sandbox: Sandbox) -> str:
    config = contract.config("readlink", "/proc/self/ns/net")
    pod = sandbox.config.linux.security_context.namespace_options
    config.linux.security_context.namespace_options.network = pod.network
    return contract.finish(config, sandbox).log


def on_the_nodes_network(contract: Bench) -> Sandbox:
    config = contract.sandbox_config()
    config.hostname = ""
    config.linux.security_context.namespace_options.network = cri.NODE
    return contract.new_sandbox(config)


def test_a_pod_has_an_address(contract: Bench) -> None:
    network = contract.service.pod_sandbox_status(contract.sandbox.id).status.network

    assert ip_address(network.ip)


def test_two_pods_have_two_addresses(contract: Bench) -> None:
    pods = [contract.new_sandbox(), contract.new_sandbox()]

    statuses = [contract.service.pod_sandbox_status(pod.id).status for pod in pods]

    assert len({status.network.ip for status in statuses}) == 2


def test_containers_of_a_pod_share_its_network(contract: Bench) -> None:
    first, second = (network_of(contract, contract.sandbox) for _ in range(2))

    assert first == second


def test_pods_do_not_share_a_network(contract: Bench) -> None:
    pods = [contract.new_sandbox(), contract.new_sandbox()]

    assert network_of(contract, pods[0]) != network_of(contract, pods[1])


def test_pods_on_the_nodes_network_share_it_and_have_no_address_of_their_own(
    contract: Bench,
) -> None:
    pods = [on_the_nodes_network(contract), on_the_nodes_network(contract)]

    assert network_of(contract, pods[0]) == network_of(contract, pods[1])
    assert network_of(contract, pods[0]) != network_of(contract, contract.sandbox)
    status = contract.service.pod_sandbox_status(pods[0].id).status
    assert not status.network.ip
    assert status.linux.namespaces.options.network == cri.NODE


@requires(Capability.PORT_MAPPINGS)
def test_a_host_port_reaches_the_pod_until_it_is_stopped(contract: Bench) -> None:
    config = contract.sandbox_config()
    host_port = free_port(contract.run.subject.network)
    config.port_mappings.append(
        cri.PortMapping(container_port=CONTAINER_PORT, host_port=host_port, host_ip="127.0.0.1")
    )
    config.port_mappings.append(cri.PortMapping(container_port=CONTAINER_PORT + 1))
    sandbox = contract.new_sandbox(config)
    contract.start(contract.script(SERVE), sandbox)
    network = contract.run.subject.network

    contract.wait_for(lambda: b"from the pod" in receive(host_port, network), "the pod's answer")

    contract.service.stop_pod_sandbox(sandbox.id)
    assert receive(host_port, network) == b""


def free_port(network: Path | None) -> int:
    found: list[int] = []

    def find() -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            found.append(probe.getsockname()[1])

    _inside(network, find)
    return found[0]


def receive(port: int, network: Path | None) -> bytes:
    """What a server on the node's port sends; nothing if it refuses."""
    found: list[bytes] = []

    def connect() -> None:
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as connection:
                connection.settimeout(1)
                found.append(connection.recv(100))
        except OSError:
            found.append(b"")

    _inside(network, connect)
    return found[0]


def _inside(network: Path | None, act: Callable[[], None]) -> None:
    """Do `act` in a network namespace; a thread of its own enters it and ends."""

    def entered() -> None:
        if network is not None:
            descriptor = os.open(network, os.O_RDONLY)
            try:
                failed = ctypes.CDLL(None, use_errno=True).setns(descriptor, CLONE_NEWNET)
            finally:
                os.close(descriptor)
            if failed:
                raise OSError(ctypes.get_errno(), f"enter {network}")
        act()

    thread = threading.Thread(target=entered)
    thread.start()
    thread.join()
