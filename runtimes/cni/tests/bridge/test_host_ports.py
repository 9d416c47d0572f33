"""Host ports: reached from everywhere, by one pod at a time."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from runtimes.cni.network import PortMapping
from runtimes.core import errors

if TYPE_CHECKING:
    from runtimes.cni.tests.conftest import Host, Namespace

pytestmark = pytest.mark.needs_root

HOST_IP = "203.0.113.2"
HTTP = PortMapping("tcp", 80, 8080)
DNS = PortMapping("udp", 53, 5353)


@pytest.fixture(params=["0", "1"], ids=["routed", "br_netfilter"])
def filtered(host: Host, request: pytest.FixtureRequest) -> Host:
    """A host with Docker's policy, with bridged packets filtered too or not."""
    host.shell(f"echo {request.param} > /proc/sys/net/bridge/bridge-nf-call-iptables")
    host.shell("iptables -P FORWARD DROP")
    return host


def asks(client: socket.socket, address: tuple[str, int], server: socket.socket) -> str:
    """Send a datagram and get it back; return the address that the server saw."""
    client.sendto(b"ping", address)
    data, peer = server.recvfrom(16)
    server.sendto(data, peer)
    assert client.recv(16) == b"ping"
    return str(peer[0])


def serve_udp(namespace: Namespace, port: int) -> socket.socket:
    server = namespace.make_socket(socket.SOCK_DGRAM)
    server.bind(("", port))
    return server


def test_the_outside_reaches_a_host_port(filtered: Host) -> None:
    pod = filtered.pod(HTTP)

    with pod.serve(80) as server:
        assert filtered.internet.reaches(HOST_IP, 8080, server) == "203.0.113.1"


@pytest.mark.parametrize("address", ["127.0.0.1", HOST_IP, "10.86.0.1"])
def test_the_host_reaches_a_host_port(filtered: Host, address: str) -> None:
    pod = filtered.pod(HTTP)

    with pod.serve(80) as server:
        assert filtered.namespace.reaches(address, 8080, server)


@pytest.mark.parametrize("address", [HOST_IP, "10.86.0.1"])
def test_another_pod_reaches_a_host_port(filtered: Host, address: str) -> None:
    pod, other = filtered.pod(HTTP), filtered.pod()

    with pod.serve(80) as server:
        assert other.reaches(address, 8080, server)


@pytest.mark.parametrize("address", [HOST_IP, "10.86.0.1"])
def test_a_pod_reaches_its_own_host_port(filtered: Host, address: str) -> None:
    pod = filtered.pod(HTTP)

    with pod.serve(80) as server:
        assert pod.reaches(address, 8080, server)


def test_udp_ports_work(filtered: Host) -> None:
    pod = filtered.pod(DNS)

    with serve_udp(pod, 53) as server, filtered.internet.make_socket(socket.SOCK_DGRAM) as client:
        assert asks(client, (HOST_IP, 5353), server) == "203.0.113.1"


def test_a_host_ip_limits_who_is_answered(host: Host) -> None:
    pod = host.pod(PortMapping("tcp", 80, 8080, "127.0.0.1"))

    with pod.serve(80) as server:
        assert host.namespace.reaches("127.0.0.1", 8080, server)
        assert host.namespace.is_refused(HOST_IP, 8080)
        assert host.internet.is_refused(HOST_IP, 8080)


def test_one_port_on_two_addresses_leads_to_two_pods(host: Host) -> None:
    inner = host.pod(PortMapping("tcp", 80, 8080, "127.0.0.1"))
    outer = host.pod(PortMapping("tcp", 80, 8080, HOST_IP))

    with inner.serve(80) as inner_server, outer.serve(80) as outer_server:
        assert host.namespace.reaches("127.0.0.1", 8080, inner_server)
        assert host.internet.reaches(HOST_IP, 8080, outer_server)


def test_ports_of_ipv6_pods_work(host: Host) -> None:
    host.reopen(subnet6="fd00:86::/64")
    pod = host.pod(HTTP)

    with pod.serve(80, "::") as server:
        assert host.internet.reaches("fd00:113::2", 8080, server) == "fd00:113::1"
        assert host.namespace.reaches("fd00:113::2", 8080, server)
        assert pod.reaches("fd00:113::2", 8080, server)
        assert host.internet.reaches(HOST_IP, 8080, server) == "::ffff:203.0.113.1"


def test_ports_without_host_port_are_not_published(host: Host) -> None:
    pod = host.pod(PortMapping("tcp", 80, 0))

    with pod.serve(80):
        assert host.internet.is_refused(HOST_IP, 80)


def test_detach_closes_the_port(host: Host) -> None:
    pod = host.pod(HTTP)

    host.detach(pod)

    with pod.serve(80):
        assert host.internet.is_refused(HOST_IP, 8080)
        assert host.namespace.is_refused("127.0.0.1", 8080)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (HTTP, HTTP),
        (HTTP, PortMapping("tcp", 81, 8080, HOST_IP)),
        (PortMapping("tcp", 81, 8080, HOST_IP), HTTP),
        (PortMapping("tcp", 80, 8080, "0.0.0.0"), PortMapping("tcp", 80, 8080, "::")),
    ],
)
def test_a_taken_port_is_refused_naming_its_holder(
    host: Host, first: PortMapping, second: PortMapping
) -> None:
    holder = host.pod(first)
    request = host.request(second)

    with pytest.raises(errors.ResourceExhausted, match=f"test/{holder.request.name}"):
        host.attach(request)

    host.remove(holder)
    host.attach(request)


def test_the_same_number_of_another_protocol_is_free(host: Host) -> None:
    host.pod(PortMapping("tcp", 53, 5353))

    host.pod(PortMapping("udp", 53, 5353), PortMapping("sctp", 53, 5353))


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_port_that_a_process_listens_on_is_refused(host: Host, kind: int) -> None:
    protocol = {socket.SOCK_STREAM: "tcp", socket.SOCK_DGRAM: "udp"}[socket.SocketKind(kind)]
    request = host.request(PortMapping(protocol, 80, 8080))
    with host.namespace.make_socket(kind) as process:
        process.bind((HOST_IP, 8080))
        if kind == socket.SOCK_STREAM:
            process.listen()

        with pytest.raises(errors.ResourceExhausted, match="a process of this host"):
            host.attach(request)

    host.attach(request)


@pytest.mark.parametrize(
    ("mappings", "message"),
    [
        ([PortMapping("icmp", 80, 8080)], "tcp, udp or sctp"),
        ([PortMapping("tcp", 80, 70000)], "70000"),
        ([PortMapping("tcp", 0, 8080)], "0 isn't a port"),
        ([PortMapping("tcp", 80, 8080, "nonsense")], "nonsense"),
        ([PortMapping("tcp", 80, 8080, "fd00::1")], "IPv6"),
        ([PortMapping("tcp", 80, 8080, "192.0.2.77")], "isn't an address of this host"),
        ([HTTP, PortMapping("tcp", 81, 8080)], "twice"),
    ],
)
def test_senseless_mappings_are_refused_and_leave_nothing(
    host: Host, mappings: list[PortMapping], message: str
) -> None:
    with pytest.raises(errors.InvalidArgument, match=message):
        host.pod(*mappings)

    assert host.pod_links() == set()
    assert host.pod().ip == "10.86.0.2"


def test_udp_flow_follows_the_port_to_a_new_pod(host: Host) -> None:
    with host.internet.make_socket(socket.SOCK_DGRAM) as client:
        host.pod()
        client.sendto(b"nobody is there yet, yet the flow is tracked", (HOST_IP, 5353))
        first = host.pod(DNS)
        with serve_udp(first, 53) as server:
            asks(client, (HOST_IP, 5353), server)
        host.detach(first)

        second = host.pod(DNS)

        with serve_udp(second, 53) as server:
            asks(client, (HOST_IP, 5353), server)


def test_rules_that_somebody_flushed_come_back_with_all_ports(host: Host) -> None:
    pod = host.pod(HTTP)
    host.shell("iptables -P FORWARD DROP; nft flush ruleset; iptables -P FORWARD DROP")

    host.pod()

    with pod.serve(80) as server:
        assert host.internet.reaches(HOST_IP, 8080, server)
    with host.internet.serve(443) as server:
        assert pod.reaches("198.51.100.1", 443, server) == HOST_IP


def test_changed_rules_are_put_right(host: Host) -> None:
    pod = host.pod(HTTP)
    host.shell("nft flush chain ip runtimes0 postrouting")

    host.pod()

    with host.internet.serve(443) as server:
        assert pod.reaches("198.51.100.1", 443, server) == HOST_IP


def test_a_stale_entry_of_the_port_map_does_not_matter(host: Host) -> None:
    old = host.pod(HTTP)
    host.pod()
    (host.state_dir / "bridge/runtimes0/ports/tcp-8080-any").unlink()
    (host.state_dir / f"bridge/runtimes0/attachments/{old.request.sandbox_id}.json").unlink()

    new = host.pod(HTTP)

    with new.serve(80) as server:
        assert host.internet.reaches(HOST_IP, 8080, server)


def test_rules_are_the_ones_that_nft_shows(host: Host) -> None:
    host.pod(HTTP, PortMapping("udp", 53, 5353, HOST_IP))

    shown = host.shell("nft -n list table ip runtimes0")

    assert "tcp" not in shown  # numeric: 6
    for line in (
        "elements = { 6 . 8080 : 10.86.0.2 . 80 }",
        f"elements = {{ {HOST_IP} . 17 . 5353 : 10.86.0.2 . 53 }}",
        'ip saddr 10.86.0.0/16 oifname != "runtimes0" masquerade',
        'oifname "runtimes0" iifname != "runtimes0" ct state ! 0x2,0x4 ct status ! 0x20 drop',
    ):
        assert line in shown


def test_iptables_still_understands_its_forward_chain(host: Host) -> None:
    host.shell("iptables -A FORWARD -m conntrack --ctstate INVALID -j DROP")
    host.pod()

    listed = host.shell(
        "iptables -S FORWARD; iptables-save | iptables-restore; iptables -S FORWARD"
    )

    for direction in ("-i", "-o"):
        assert listed.count(f"-A FORWARD {direction} runtimes0 -m comment") == 2
