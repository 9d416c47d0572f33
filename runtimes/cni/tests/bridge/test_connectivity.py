"""Pods reach what they should, whatever firewall the host has."""

from __future__ import annotations

import socket
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest

from runtimes.cni.network import Bandwidth

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.cni.tests.conftest import Host

pytestmark = pytest.mark.needs_root

HOST_IP, INTERNET_IP, FAR_IP = "203.0.113.2", "203.0.113.1", "198.51.100.1"

FIREWALLS = {
    "no-firewall": "true",
    "docker-like-nft": """
        iptables-nft -P FORWARD DROP
        iptables-nft -N DOCKER-USER
        iptables-nft -I FORWARD -j DOCKER-USER
        echo 1 > /proc/sys/net/bridge/bridge-nf-call-iptables
    """,
    "docker-like-legacy": """
        iptables-legacy -P FORWARD DROP
        echo 1 > /proc/sys/net/bridge/bridge-nf-call-iptables
    """,
}


@pytest.fixture(params=FIREWALLS)
def firewalled(host: Host, request: pytest.FixtureRequest) -> Host:
    host.shell("echo 0 > /proc/sys/net/bridge/bridge-nf-call-iptables")
    host.shell(FIREWALLS[request.param])
    return host


def test_pods_reach_each_other(firewalled: Host) -> None:
    one, other = firewalled.pod(), firewalled.pod()

    assert one.pings(other.ip)
    with other.serve(80) as server:
        assert one.reaches(other.ip, 80, server) == one.ip


def test_pod_and_host_reach_each_other(firewalled: Host) -> None:
    pod = firewalled.pod()

    assert pod.pings(pod.result.gateway)
    assert pod.pings(HOST_IP)
    assert firewalled.namespace.pings(pod.ip)
    with firewalled.namespace.serve(9000) as server:
        assert pod.reaches(HOST_IP, 9000, server) == pod.ip


def test_pod_reaches_the_internet_as_the_host(firewalled: Host) -> None:
    pod = firewalled.pod()

    assert pod.pings(FAR_IP)
    with firewalled.internet.serve(443) as server:
        assert pod.reaches(FAR_IP, 443, server) == HOST_IP


def test_the_outside_reaches_no_pod_by_itself(firewalled: Host) -> None:
    pod = firewalled.pod()
    firewalled.internet.shell(f"ip route add {pod.ip} via {HOST_IP}")

    with pod.serve(80):
        assert firewalled.internet.is_refused(pod.ip, 80)
        assert not firewalled.internet.pings(pod.ip)


def test_pod_has_loopback(host: Host) -> None:
    pod = host.pod()

    with pod.serve(80, "127.0.0.1") as server:
        assert pod.reaches("127.0.0.1", 80, server) == "127.0.0.1"


def test_pods_reach_nothing_that_listens_on_the_hosts_loopback(host: Host) -> None:
    pod = host.pod()
    pod.shell(f"""
        ip route add 127.9.9.9/32 via {pod.result.gateway} table 9
        ip rule add to 127.9.9.9 lookup 9
        ip rule del from all lookup local
        ip rule add from all lookup local pref 100
        ip rule add to 127.9.9.9 lookup 9 pref 50
        echo 1 > /proc/sys/net/ipv4/conf/eth0/route_localnet
    """)

    with host.namespace.serve(9000):
        assert pod.is_refused("127.9.9.9", 9000)
        host.shell("nft flush chain ip runtimes0 input")
        assert not pod.is_refused("127.9.9.9", 9000), "the test reaches it without the guard"


def test_no_packet_is_lost_right_after_attach(host: Host) -> None:
    server = host.internet.make_socket(socket.SOCK_DGRAM)
    server.bind((FAR_IP, 9))
    server.settimeout(0.7)  # an ARP request that is lost is repeated after a second
    with server:
        for number in range(20):
            bridge = host.reopen(bridge=f"fresh{number}", subnet=f"10.99.{number}.0/24")
            request = host.request()
            with host.inside(request).make_socket(socket.SOCK_DGRAM) as client:
                host.namespace.run(partial(bridge.attach, request))
                client.sendto(b"%d" % number, (FAR_IP, 9))
            assert server.recv(9) == b"%d" % number


def test_dual_stack_pods_have_both_families(host: Host) -> None:
    host.reopen(subnet6="fd00:86::/64")
    host.internet.shell("ip -6 route add fd00:86::/64 via fd00:113::2")

    one, other = host.pod(), host.pod()

    assert [":" in ip for ip in one.result.ips] == [False, True]
    assert one.pings(other.result.ips[0])
    assert one.pings(other.result.ips[1])
    with host.internet.serve(443, "fd00:51::1") as server:
        assert one.reaches("fd00:51::1", 443, server) == "fd00:113::2"
    assert not host.internet.pings(one.result.ips[1])


def test_ipv6_forwarding_keeps_routes_from_router_advertisements(host: Host) -> None:
    host.reopen(subnet6="fd00:86::/64")

    host.pod()

    assert host.shell("cat /proc/sys/net/ipv6/conf/up0/accept_ra").strip() == "2"


@pytest.mark.parametrize("direction", ["ingress", "egress"])
def test_bandwidth_is_shaped(host: Host, direction: str) -> None:
    slow = {f"kubernetes.io/{direction}-bandwidth": "8M"}
    limited, free = host.pod(annotations=slow), host.pod()
    bulk = b"x" * 600_000

    def seconds(sender: str) -> float:
        source, sink = (limited, free) if sender == "limited" else (free, limited)
        with sink.serve(80) as server, source.make_socket() as client:
            client.connect((sink.ip, 80))
            accepted, _ = server.accept()
            with accepted:
                accepted.settimeout(10)
                return _transfer(client.sendall, accepted.recv, bulk)

    affected, unaffected = ("free", "limited") if direction == "ingress" else ("limited", "free")

    # 600 kB at 1 MB/s, the bucket's first 64 KiB left out.
    assert seconds(affected) > 0.4
    assert min(seconds(unaffected) for _ in range(3)) < 0.4


def test_given_bandwidth_goes_before_annotations(host: Host) -> None:
    pod = host.pod(
        annotations={"kubernetes.io/egress-bandwidth": "8M"}, bandwidth=Bandwidth(egress_bps=10**9)
    )

    assert "rate 1Gbit" in pod.shell("tc qdisc show dev eth0")


def _transfer(send: Callable[[bytes], None], receive: Callable[[int], bytes], bulk: bytes) -> float:
    import threading

    start = time.monotonic()
    sender = threading.Thread(target=send, args=(bulk,))
    sender.start()
    left = len(bulk)
    while left:
        left -= len(receive(1 << 16))
    sender.join()
    return time.monotonic() - start
