"""The kernel understands what we encode, and we understand it."""

from __future__ import annotations

import errno
from ipaddress import ip_network
from typing import TYPE_CHECKING

import pytest

from runtimes.cni.netlink import nftables, route
from runtimes.cni.netlink.connection import NETFILTER, ROUTE, Connection, is_missing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.cni.netlink.codec import Message
    from runtimes.cni.tests.conftest import Host

pytestmark = pytest.mark.needs_root


@pytest.fixture
def rtnetlink(host: Host) -> Iterator[Connection]:
    with host.namespace.run(lambda: Connection(ROUTE)) as connection:
        yield connection


@pytest.fixture
def netfilter(host: Host) -> Iterator[Connection]:
    with host.namespace.run(lambda: Connection(NETFILTER)) as connection:
        yield connection


def test_links_are_read(rtnetlink: Connection) -> None:
    links = route.read_links(rtnetlink.request(route.dump_links()))

    lo, up0 = (next(link for link in links if link.name == name) for name in ("lo", "up0"))
    assert (lo.index, lo.mtu) == (1, 65536)
    assert lo.flags & route.LOOPBACK
    assert up0.flags & route.UP
    assert up0.mtu == 1500
    assert len(up0.mac.split(":")) == 6


def test_routes_are_read(rtnetlink: Connection) -> None:
    routes = route.read_routes(rtnetlink.request(route.dump_routes()))

    index = route.read_links(rtnetlink.request(route.get_link("up0")))[0].index
    assert route.Route(ip_network("203.0.113.0/24"), index) in routes
    assert route.Route(None, index) in routes


def test_a_refusal_carries_errno_and_the_kernels_words(rtnetlink: Connection) -> None:
    rtnetlink.request(route.new_bridge("twice", "02:00:00:00:00:01", 1500))

    with pytest.raises(FileExistsError):
        rtnetlink.request(route.new_bridge("twice", "02:00:00:00:00:02", 1500))
    with pytest.raises(OSError, match="No such device") as raised:
        rtnetlink.request(route.get_link("nothing"))
    assert is_missing(raised.value)
    with pytest.raises(OSError, match=r"mtu|MTU"):
        rtnetlink.request(route.new_bridge("huge", "02:00:00:00:00:03", 1 << 30))


def test_a_batch_goes_on_past_a_failure_and_tells_the_first(rtnetlink: Connection) -> None:
    messages = [
        route.delete_link("nothing"),
        route.new_bridge("made", "02:00:00:00:00:01", 1500),
        route.new_bridge("made", "02:00:00:00:00:01", 1500),
    ]

    with pytest.raises(OSError, match="No such device") as raised:
        rtnetlink.batch(messages)

    assert raised.value.errno == errno.ENODEV
    assert route.read_links(rtnetlink.request(route.get_link("made")))[0].name == "made"


def transact(connection: Connection, *messages: Message) -> None:
    connection.transaction(nftables.batch_begin(), messages, nftables.batch_end())


def test_a_transaction_is_all_or_nothing(netfilter: Connection, host: Host) -> None:
    with pytest.raises(FileNotFoundError):
        transact(
            netfilter,
            nftables.new_table(nftables.IPV4, "made"),
            nftables.delete_table(nftables.IPV4, "nothing"),
        )

    assert host.shell("nft list tables") == ""
    transact(netfilter, nftables.new_table(nftables.IPV4, "made"))
    assert host.shell("nft list tables") == "table ip made\n"


def test_a_connection_is_usable_after_a_refusal(netfilter: Connection) -> None:
    for _ in range(3):
        with pytest.raises(FileNotFoundError):
            netfilter.request(nftables.get_chain(nftables.IPV4, "nothing", "x"))
        assert netfilter.request(nftables.dump_rules(nftables.IPV4, "nothing")) == []


def test_thousands_of_map_elements_are_sent(netfilter: Connection, host: Host) -> None:
    definition = nftables.Map("numbers", 13, 4, 13, 4)
    elements = [(n.to_bytes(2, "big") + b"\0\0",) * 2 for n in range(1, 3001)]

    transact(
        netfilter,
        nftables.new_table(nftables.IPV4, "made"),
        nftables.new_map(nftables.IPV4, "made", definition, 1),
        *nftables.new_elements(nftables.IPV4, "made", "numbers", elements),
    )

    assert host.shell("nft -n list table ip made").count(" : ") == len(elements) + 1
