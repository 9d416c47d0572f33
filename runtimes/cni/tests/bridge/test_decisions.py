"""The pure parts: the next address, port conflicts, names."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtimes.cni import bandwidth
from runtimes.cni.bridge import addresses, host, names, ports
from runtimes.cni.bridge.ruleset import Table
from runtimes.cni.network import AttachRequest, Bandwidth, PortMapping
from runtimes.core import errors

SMALL = ip_network("10.0.0.0/28")
USABLE = [f"10.0.0.{n}" for n in range(2, 15)]


@given(st.sets(st.sampled_from(USABLE)), st.sampled_from([*USABLE, "", "nonsense", "10.9.9.9"]))
def test_a_picked_address_is_free_and_the_next_one_round(taken: set[str], last: str) -> None:
    picked = addresses.pick(SMALL, taken, last)

    start = USABLE.index(last) + 1 if last in USABLE else 0
    expected = next((ip for ip in USABLE[start:] + USABLE[:start] if ip not in taken), None)
    assert (str(picked) if picked else None) == expected


def test_all_addresses_are_used_but_network_gateway_and_broadcast() -> None:
    taken: set[str] = set()
    while (address := addresses.pick(SMALL, taken, "")) is not None:
        taken.add(str(address))

    assert sorted(taken, key=ip_address) == USABLE


def test_huge_networks_are_searched_from_the_last_address() -> None:
    network = ip_network("fd00::/64")

    assert (
        str(addresses.pick(network, (), "fd00::ffff:ffff:ffff:fffe")) == "fd00::ffff:ffff:ffff:ffff"
    )
    assert str(addresses.pick(network, (), "fd00::ffff:ffff:ffff:ffff")) == "fd00::2"


MAPPINGS = st.builds(
    PortMapping,
    st.sampled_from(["tcp", "udp"]),
    st.just(80),
    st.sampled_from([8080, 808, 80]),
    st.sampled_from(["", "0.0.0.0", "::", "127.0.0.1", "10.0.0.1"]),
)


@given(MAPPINGS, MAPPINGS)
def test_ports_conflict_when_a_packet_could_mean_both(one: PortMapping, other: PortMapping) -> None:
    held = {ports.file_name(other): "holder"}

    everywhere = ("", "0.0.0.0", "::")
    overlap = one.host_ip in everywhere or other.host_ip in everywhere
    expected = (
        one.protocol == other.protocol
        and one.host_port == other.host_port
        and (overlap or one.host_ip == other.host_ip)
    )
    assert (ports.conflict(one, held) == "holder") is expected


@given(MAPPINGS)
def test_port_claims_are_read_back(mapping: PortMapping) -> None:
    again = ports.parse_file_name(ports.file_name(mapping))

    assert ports.file_name(again) == ports.file_name(mapping)


@given(st.text(min_size=1))
def test_interface_names_fit_and_differ(sandbox_id: str) -> None:
    name = names.host_interface(sandbox_id)

    assert len(name) < 16
    assert name != names.host_interface(f"{sandbox_id}x")


def test_the_digest_of_the_rules_tells_networks_and_bridges_apart() -> None:
    tables = [
        Table("one", ip_network("10.0.0.0/16")),
        Table("two", ip_network("10.0.0.0/16")),
        Table("one", ip_network("10.1.0.0/16")),
        Table("one", ip_network("fd00::/64")),
    ]

    assert len({table.rules()[0].comment for table in tables}) == len(tables)


def test_capabilities_are_read() -> None:
    assert host.capabilities("Name:\tx\nCapEff:\t0000000000201000\n") == 1 << 12 | 1 << 21
    assert host.capabilities("Name:\tx\n") == 0


def request(**annotations: str) -> AttachRequest:
    from pathlib import Path

    keyed = {f"kubernetes.io/{key}-bandwidth": value for key, value in annotations.items()}
    return AttachRequest("id", "pod", "ns", "uid", Path("/ns"), annotations=keyed)


def test_bandwidth_is_read_from_annotations() -> None:
    assert bandwidth.of(request(ingress="10M", egress="1k")) == Bandwidth(10_000_000, 1_000)
    assert bandwidth.of(request()) == Bandwidth()


@pytest.mark.parametrize("value", ["999", "2P", "fast", "-1M", ""])
def test_senseless_bandwidth_is_refused(value: str) -> None:
    with pytest.raises(errors.InvalidArgument, match=r"ns/pod.*ingress-bandwidth"):
        bandwidth.of(request(ingress=value))
