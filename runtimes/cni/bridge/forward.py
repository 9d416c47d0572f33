"""Packets of the pods let through a host firewall that drops what it doesn't know.

Docker sets the policy of iptables' FORWARD chain to DROP, and with br_netfilter that hits even
pods on the same bridge. No table of our own can overrule a drop, so two rules go to the top of
that chain, wherever the host's iptables keeps it:

- the nf_tables flavour: table ``ip filter``, spoken to directly, in the form that iptables-nft
  itself writes, so that it and Docker can go on with the chain;
- the legacy flavour: by its program, if it has a filter table or is the host's ``iptables``.
"""

from __future__ import annotations

import errno
import logging
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.cni.netlink import expressions as ex
from runtimes.cni.netlink import nftables
from runtimes.cni.netlink.nftables import Chain, Rule

if TYPE_CHECKING:
    from runtimes.cni.netlink.codec import Message
    from runtimes.cni.netlink.connection import Connection

_log = logging.getLogger(__name__)

_TABLE = "filter"
_CHAIN = Chain("FORWARD", "filter", nftables.FORWARD, nftables.PRIORITY_FILTER)
_REGISTER = 1
_PATIENCE = 10.0
_FAMILY = {4: nftables.IPV4, 6: nftables.IPV6}
_PROGRAM = {4: "iptables", 6: "ip6tables"}
_LEGACY_TABLES = {
    4: Path("/proc/thread-self/net/ip_tables_names"),
    6: Path("/proc/thread-self/net/ip6_tables_names"),
}


def ensure(connection: Connection, version: int, bridge: str) -> None:
    """Let packets from and to `bridge` pass FORWARD of either iptables flavour; cheap when they do.

    Raises:
        OSError: nf_tables refused.
    """
    flavour = _installed_flavour(_PROGRAM[version])
    _ensure_nft(connection, _FAMILY[version], bridge, make_chain=flavour == "nft")
    if flavour == "legacy" or _has_legacy_table(version):
        _ensure_legacy(_PROGRAM[version], bridge)


def remove(connection: Connection, version: int, bridge: str) -> None:
    """Take the two rules away again, in both flavours; missing ones are fine.

    Raises:
        OSError: nf_tables refused.
    """
    family = _FAMILY[version]
    ours = {rule.comment for rule in rules(bridge)}
    found = [rule for rule in _installed(connection, family) or () if rule.comment in ours]
    if found:
        messages = [nftables.delete_rule(family, _TABLE, rule) for rule in found]
        connection.transaction(nftables.batch_begin(), messages, nftables.batch_end())
    if _has_legacy_table(version):
        _remove_legacy(_PROGRAM[version], bridge)


def rules(bridge: str) -> tuple[Rule, ...]:
    """Build the two rules as iptables-nft writes ``-i bridge -j ACCEPT``. Pure."""
    return (
        _accept(ex.META_INPUT_NAME, bridge, f"runtimes: from pods on {bridge}"),
        _accept(ex.META_OUTPUT_NAME, bridge, f"runtimes: to pods on {bridge}"),
    )


def _accept(direction: int, bridge: str, comment: str) -> Rule:
    load = ex.meta(direction, _REGISTER)
    compare = ex.compare(ex.EQUAL, bridge.encode() + b"\0", _REGISTER)
    return Rule(_CHAIN.name, (load, compare, ex.counter(), ex.verdict(ex.ACCEPT)), comment)


def _ensure_nft(connection: Connection, family: int, bridge: str, *, make_chain: bool) -> None:
    found = _installed(connection, family)
    if found is None and not make_chain:
        return
    present = {rule.comment for rule in found or ()}
    missing = [rule for rule in rules(bridge) if rule.comment not in present]
    if not missing:
        return
    messages: list[Message] = []
    if found is None:
        messages.append(nftables.new_table(family, _TABLE))
        messages.append(nftables.new_chain(family, _TABLE, _CHAIN))
    messages += [nftables.new_rule(family, _TABLE, rule, first=True) for rule in missing]
    connection.transaction(nftables.batch_begin(), messages, nftables.batch_end())


def _installed(connection: Connection, family: int) -> list[nftables.InstalledRule] | None:
    """List the rules of FORWARD; None when the chain doesn't exist."""
    try:
        connection.request(nftables.get_chain(family, _TABLE, _CHAIN.name))
    except OSError as error:
        if error.errno == errno.ENOENT:
            return None
        raise
    dump = nftables.dump_rules(family, _TABLE, _CHAIN.name)
    return nftables.read_rules(connection.request(dump))


@cache
def _installed_flavour(program: str) -> str:
    """Tell ``nft``, ``legacy`` or, without iptables, nothing."""
    path = shutil.which(program)
    if path is None:
        return ""
    return "nft" if "nft" in Path(path).resolve().name else "legacy"


def _has_legacy_table(version: int) -> bool:
    try:
        return _TABLE in _LEGACY_TABLES[version].read_text().split()
    except OSError:
        return False


def _ensure_legacy(program: str, bridge: str) -> None:
    present = _legacy_rules(program)
    for match in _legacy_matches(bridge):
        if present is not None and f"-A {' '.join(match)}" not in present:
            _run([_legacy(program), "-w", "5", "-I", *match])


def _remove_legacy(program: str, bridge: str) -> None:
    present = _legacy_rules(program)
    for match in _legacy_matches(bridge):
        if f"-A {' '.join(match)}" in (present or ()):
            _run([_legacy(program), "-w", "5", "-D", *match])


def _legacy_matches(bridge: str) -> list[list[str]]:
    return [[_CHAIN.name, option, bridge, "-j", "ACCEPT"] for option in ("-i", "-o")]


def _legacy_rules(program: str) -> set[str] | None:
    """List the rules of FORWARD; None when iptables fails."""
    listing = _run([_legacy(program), "-w", "5", "-S", _CHAIN.name])
    return None if listing is None else set(listing.splitlines())


def _legacy(program: str) -> str:
    return shutil.which(f"{program}-legacy") or program


def _run(command: list[str]) -> str | None:
    """Run iptables; None, and a warning, when it fails: pods may work without."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        _log.warning("iptables failed command=%s error=%s", " ".join(command), error)
        return None
    if done.returncode == 0:
        return done.stdout
    _log.warning("iptables failed command=%s error=%s", " ".join(command), done.stderr.strip())
    return None
