"""Which network the pods get, and when the bridge is made anew."""

from __future__ import annotations

import ctypes
from ipaddress import ip_network
from typing import TYPE_CHECKING

import pytest

from runtimes.cni.bridge import subnet
from runtimes.cni.bridge.builtin import BuiltinBridge
from runtimes.cni.choose import NetworkOptions, open_network
from runtimes.cni.netlink.route import Route
from runtimes.core import errors

if TYPE_CHECKING:
    from runtimes.cni.tests.conftest import Host

needs_root = pytest.mark.needs_root


def routes(*networks: str) -> list[Route]:
    return [Route(None, 2), *(Route(ip_network(network), 2) for network in networks)]


def test_the_first_free_candidate_is_chosen() -> None:
    chosen = subnet.choose(subnet.CANDIDATES, routes("10.86.4.0/24", "192.168.0.0/16"))

    assert str(chosen) == "10.84.0.0/16"


def test_a_vpn_over_all_of_ten_leaves_other_candidates() -> None:
    assert str(subnet.choose(subnet.CANDIDATES, routes("10.0.0.0/8"))) == "192.168.208.0/20"


def test_no_free_candidate_is_told_with_the_routes_in_the_way() -> None:
    with pytest.raises(errors.FailedPrecondition, match=r"10\.86\.0\.0/16 \(route 10\.0\.0\.0/8\)"):
        subnet.choose(subnet.CANDIDATES[:1], routes("10.0.0.0/8"))


def test_families_do_not_clash() -> None:
    network = ip_network("fd00::/64")

    assert subnet.choose([network], routes("10.0.0.0/8")) == network


@pytest.mark.parametrize(
    ("subnet4", "subnet6", "bridge"),
    [
        ("10.0.0.0", None, "b"),
        ("10.0.0.1/16", None, "b"),
        ("10.0.0.0/30", None, "b"),
        ("fd00::/64", None, "b"),
        (None, "10.0.0.0/16", "b"),
        (None, None, "a-name-of-16-chrs"),
        (None, None, "a/b"),
        (None, None, ""),
    ],
)
def test_options_that_can_not_work_are_refused(
    tmp_path_factory: pytest.TempPathFactory, subnet4: str, subnet6: str, bridge: str
) -> None:
    options = NetworkOptions(
        tmp_path_factory.mktemp("state"), bridge=bridge, subnet=subnet4, subnet6=subnet6
    )

    with pytest.raises(errors.InvalidArgument):
        open_network(options)


@needs_root
def test_a_subnet_that_the_host_routes_is_avoided(host: Host) -> None:
    host.shell("ip route add 10.86.0.0/24 via 203.0.113.1")

    assert host.pod().ip == "10.84.0.2"


@needs_root
def test_a_configured_subnet_that_the_host_routes_is_an_obstacle(host: Host) -> None:
    host.shell("ip route add 10.99.7.0/24 via 203.0.113.1")
    host.reopen(subnet="10.99.0.0/16")

    assert "10.99.7.0/24" in (host.status() or "")
    with pytest.raises(errors.FailedPrecondition, match=r"10\.99\.7\.0/24"):
        host.pod()
    assert host.namespace.links() == {"up0"}


@needs_root
def test_the_choice_survives_a_reboot(host: Host) -> None:
    host.shell("ip route add 10.86.0.0/24 via 203.0.113.1")
    host.remove(host.pod())
    host.shell("ip link delete runtimes0; ip route delete 10.86.0.0/24")

    assert host.pod().ip.startswith("10.84.0.")


@needs_root
def test_an_unused_bridge_takes_a_new_configuration(host: Host) -> None:
    host.remove(host.pod())
    host.reopen(subnet="10.99.0.0/24")
    host.namespace.run(lambda: host.network.reconcile(list))

    pod = host.pod()

    assert pod.ip == "10.99.0.2"
    assert pod.pings("198.51.100.1")


@needs_root
def test_a_used_bridge_keeps_its_configuration(host: Host) -> None:
    pod = host.pod()
    host.reopen(subnet="10.99.0.0/24")

    with pytest.raises(errors.FailedPrecondition, match="with pods on it"):
        host.pod()

    assert pod.pings("198.51.100.1")


@needs_root
def test_a_bridge_that_was_taken_down_comes_up_again(host: Host) -> None:
    host.pod()
    host.shell("ip link set runtimes0 down; ip address flush dev runtimes0")

    assert host.pod().pings("198.51.100.1")


@needs_root
def test_two_bridges_live_side_by_side(host: Host) -> None:
    first = host.pod()
    host.reopen(bridge="other0", subnet="10.99.0.0/24")

    second = host.pod()

    assert second.pings("198.51.100.1")
    assert not first.pings(second.ip)


@needs_root
def test_status_has_no_side_effects(host: Host) -> None:
    assert host.status() is None
    assert host.namespace.links() == {"up0"}
    assert not host.state_dir.exists()


@needs_root
def test_status_tells_what_an_ordinary_user_lacks(host: Host) -> None:
    def powerless() -> str | None:
        header, nothing = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
        assert ctypes.CDLL(None).capset(header, nothing) == 0  # of this thread, which ends
        return host.network.status()

    assert "CAP_NET_ADMIN" in (host.namespace.run(powerless) or "")


@needs_root
@pytest.mark.parametrize("flavour", ["nft", "legacy"])
def test_uninstall_leaves_the_host_as_it_was(host: Host, flavour: str) -> None:
    look = f"""
        ip -br link; nft list tables; iptables-{flavour} -S; ip6tables-{flavour} -S
    """
    host.shell(f"iptables-{flavour} -P FORWARD DROP; ip6tables-{flavour} -P FORWARD DROP")
    before = host.shell(look)
    bridge = host.reopen(subnet6="fd00:86::/64")
    assert isinstance(bridge, BuiltinBridge)
    pod = host.pod()
    with pytest.raises(errors.FailedPrecondition, match=pod.request.sandbox_id):
        host.namespace.run(bridge.uninstall)
    host.remove(pod)

    host.namespace.run(bridge.uninstall)
    host.namespace.run(bridge.uninstall)

    known_tables = {"ip filter", "ip6 filter"} if flavour == "legacy" else set()
    after = [
        line
        for line in host.shell(look).splitlines()
        if line.removeprefix("table ") not in known_tables
    ]
    assert after == before.splitlines()
    assert host.pod().pings("198.51.100.1")
