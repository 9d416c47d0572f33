"""The bridge's nf_tables carried out: tables that exist, port maps that hold what pods publish."""

from __future__ import annotations

import contextlib
import logging
from ipaddress import ip_address, ip_network
from itertools import product
from typing import TYPE_CHECKING

from runtimes.cni.bridge import forward
from runtimes.cni.bridge.ruleset import Element, Table, is_any_address
from runtimes.cni.netlink import conntrack, nftables
from runtimes.cni.netlink.connection import NETFILTER, Connection

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from runtimes.cni.bridge.state import Attachment
    from runtimes.cni.netlink.codec import Message
    from runtimes.cni.netlink.route import Network

_log = logging.getLogger(__name__)


class Firewall:
    """NAT, guards and host ports of one bridge. Every method speaks in the caller's namespace.

    All of them may raise OSError.
    """

    def __init__(self, bridge: str, networks: Sequence[Network]) -> None:
        self._bridge = bridge
        self._tables = tuple(Table(bridge, network) for network in networks)

    def ensure(self, attachments: Iterable[Attachment]) -> None:
        """Make what is missing or differs; somebody may have flushed it all since the last time.

        `attachments` are read only where a table has to be made: their ports are published again.
        """
        with Connection(NETFILTER) as connection:
            missing = [table for table in self._tables if not _is_installed(connection, table)]
            known = list(attachments) if missing else []
            for table in missing:
                _commit(connection, table.replacement(_elements(table, known)))
            for table in self._tables:
                forward.ensure(connection, table.network.version, self._bridge)

    def publish(self, attachment: Attachment, others: Iterable[Attachment]) -> None:
        """Make a pod's host ports lead to it; `others` are read only if the maps had gone wrong."""
        if not attachment.ports:
            return
        with Connection(NETFILTER) as connection:
            for table in self._tables:
                self._add(connection, table, attachment, others)
            _forget_flows(connection, attachment)

    @staticmethod
    def _add(
        connection: Connection,
        table: Table,
        attachment: Attachment,
        others: Iterable[Attachment],
    ) -> None:
        try:
            _commit(connection, table.addition(_elements(table, [attachment])))
        except (FileExistsError, FileNotFoundError):  # a stale entry, or flushed a moment ago
            everything = {each.sandbox_id: each for each in (*others, attachment)}
            _commit(connection, table.replacement(_elements(table, everything.values())))


def withdraw(bridge: str, attachment: Attachment) -> None:
    """Take a pod's host ports away; what is already gone is fine.

    Raises:
        OSError: nf_tables refused.
    """
    if not attachment.ports:
        return
    connection = Connection(NETFILTER)
    try:
        for table in [Table(bridge, ip_network(ip)) for ip in attachment.ips]:
            for element in _elements_of(table, attachment):
                with contextlib.suppress(FileNotFoundError):
                    _commit(connection, table.removal([element]))
        _forget_flows(connection, attachment)
    finally:
        connection.close_aside()


def uninstall(bridge: str) -> None:
    """Delete all rules of a bridge; missing ones are fine.

    Raises:
        OSError: nf_tables refused.
    """
    with Connection(NETFILTER) as connection:
        for version, family in ((4, nftables.IPV4), (6, nftables.IPV6)):
            with contextlib.suppress(FileNotFoundError):
                _commit(connection, [nftables.delete_table(family, bridge)])
            forward.remove(connection, version, bridge)


def _is_installed(connection: Connection, table: Table) -> bool:
    wanted = table.rules()
    try:
        dump = connection.request(nftables.dump_rules(table.family, table.bridge))
    except FileNotFoundError:
        return False
    found = [(rule.chain, rule.comment) for rule in nftables.read_rules(dump)]
    return found == [(rule.chain, rule.comment) for rule in wanted]


def _elements(table: Table, attachments: Iterable[Attachment]) -> list[Element]:
    return [element for each in attachments for element in _elements_of(table, each)]


def _elements_of(table: Table, attachment: Attachment) -> Iterator[Element]:
    """Build entries for the ports and the address of this table's IP version."""
    version = table.network.version
    target = next((ip_address(ip) for ip in attachment.ips if _version(ip) == version), None)
    if target is None:
        return
    for mapping in attachment.ports:
        if is_any_address(mapping.host_ip) or _version(mapping.host_ip) == version:
            yield table.element(mapping, target)


def _version(ip: str) -> int:
    return ip_address(ip).version


def _commit(connection: Connection, messages: list[Message]) -> None:
    if messages:
        connection.transaction(nftables.batch_begin(), messages, nftables.batch_end())


def _forget_flows(connection: Connection, attachment: Attachment) -> None:
    """Drop tracked UDP flows to the pod's host ports; failing at that is worth a warning only."""
    ports = {mapping.host_port for mapping in attachment.ports if mapping.protocol == "udp"}
    for family, port in product((nftables.IPV4, nftables.IPV6), ports):
        try:
            found = connection.request(conntrack.dump_udp(family, port))
            for deletion in conntrack.deletions(family, found, ports):
                with contextlib.suppress(FileNotFoundError):
                    connection.request(deletion)
        except OSError as error:
            _log.warning("udp flows stay port=%s error=%s", port, error)
