"""A pod's network: addresses, names, host ports, and who gives them."""

from __future__ import annotations

import json
import socket
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.service import OciService
from runtimes.oci.tests.pods import need, wait_for

if TYPE_CHECKING:
    from runtimes.oci.tests.pods import Pods, PrivateRoot

pytestmark = [pytest.mark.needs_root, pytest.mark.needs_oci]


def test_the_address_of_the_status_is_the_one_inside(pods: Pods) -> None:
    pod = pods.run()
    container = pods.start(pod)

    inside = pods.sh(container, "ip -4 -o addr show eth0")

    address = pods.service.pod_sandbox_status(pod.id).status.network.ip
    assert f" {address}/" in inside
    assert f"{address}\t{pod.config.metadata.name}" in pods.sh(container, "cat /etc/hosts")


def test_dns_settings_reach_every_container(pods: Pods) -> None:
    config = pods.config()
    config.dns_config.CopyFrom(
        cri.DNSConfig(servers=["10.0.0.10"], searches=["a.local", "b"], options=["ndots:5"])
    )

    container = pods.start(pods.run(config))

    assert pods.sh(container, "cat /etc/resolv.conf") == (
        "search a.local b\nnameserver 10.0.0.10\noptions ndots:5\n"
    )


def test_without_dns_settings_the_hosts_are_used(pods: Pods) -> None:
    container = pods.start(pods.run())

    assert pods.sh(container, "cat /etc/resolv.conf") == Path("/etc/resolv.conf").read_text()


def test_an_address_is_given_back(pods: Pods) -> None:
    seen = set()
    for _ in range(3):
        pod = pods.run()
        seen.add(pods.service.pod_sandbox_status(pod.id).status.network.ip)
        pods.service.remove_pod_sandbox(pod.id)

    folder = pods.engine.paths.run_root / "network"
    assert not [path for path in folder.rglob("*") if path.name in seen]


def test_pods_reach_each_other_and_a_host_port_reaches_a_pod(pods: Pods) -> None:
    server_config = pods.config()
    port = _free_port()
    server_config.port_mappings.add(container_port=8080, host_port=port, protocol=cri.TCP)
    server = pods.run(server_config)
    answer = "printf 'HTTP/1.0 200 OK\\r\\n\\r\\nhello'"
    pods.start(server, ["sh", "-c", f"while :; do {answer} | nc -l -p 8080; done"])
    client = pods.start(pods.run())
    address = pods.service.pod_sandbox_status(server.id).status.network.ip

    wait_for(lambda: "hello" in _fetch(pods, client, address, 8080))

    wait_for(lambda: _reads(port, "hello"))


def _fetch(pods: Pods, container: str, address: str, port: int) -> str:
    command = ["sh", "-c", f"echo | nc -w 1 {address} {port}"]
    return pods.service.exec_sync(container, command, 5).stdout.decode()


def _reads(port: int, word: str) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
            return word in connection.recv(1000).decode()
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("", 0))
        port: int = probe.getsockname()[1]
        return port


def test_a_taken_host_port_is_named_and_nothing_is_left(
    pods: Pods, private_root: PrivateRoot
) -> None:
    first = pods.config()
    port = _free_port()
    first.port_mappings.add(container_port=80, host_port=port)
    pods.run(first)
    second = pods.config()
    second.port_mappings.add(container_port=80, host_port=port)

    with pytest.raises(errors.ResourceExhausted, match=str(port)):
        pods.run(second)

    assert len(pods.service.list_pod_sandbox()) == 1
    assert len(list((private_root.folder / "run/pods").iterdir())) == 1


def test_a_cni_configuration_takes_the_place_of_the_built_in_bridge(
    pods: Pods, tmp_path: Path, private_root: PrivateRoot
) -> None:
    plugins = Path("/usr/lib/cni")
    need((plugins / "ptp").exists(), "the CNI plugin ptp")
    third = 100 + int(private_root.bridge[2:4], 16) % 100
    subnet = f"10.199.{third}.0/24"
    (tmp_path / "10-test.conflist").write_text(
        json.dumps(
            {
                "cniVersion": "0.4.0",
                "name": "oci-test",
                "plugins": [
                    {
                        "type": "ptp",
                        "ipam": {"type": "host-local", "subnet": subnet, "dataDir": str(tmp_path)},
                    }
                ],
            }
        )
    )
    options = replace(pods.engine.options, cni_conf_dir=tmp_path, cni_bin_dirs=(plugins,))
    pods.service = OciService(options)

    pod = pods.run()
    container = pods.start(pod)

    address = pods.service.pod_sandbox_status(pod.id).status.network.ip
    assert address.startswith(f"10.199.{third}.")
    assert f" {address}/" in pods.sh(container, "ip -4 -o addr show eth0")
    pods.service.remove_pod_sandbox(pod.id)
    assert not list((tmp_path / "oci-test").glob("10.*"))
