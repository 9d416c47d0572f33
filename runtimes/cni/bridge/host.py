"""Whether this host can do it, found out without changing anything."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.cni.bridge import links, segment
from runtimes.cni.netlink import nftables
from runtimes.cni.netlink.connection import NETFILTER, ROUTE, Connection
from runtimes.core import errors

if TYPE_CHECKING:
    from runtimes.cni.bridge.segment import BridgeOptions
    from runtimes.cni.bridge.state import State

_STATUS = Path("/proc/thread-self/status")
_NET_ADMIN, _SYS_ADMIN = 12, 21


def obstacle(state: State, options: BridgeOptions) -> str | None:
    """Say what keeps pods from being attached; None when nothing does. Never raises."""
    try:
        return _missing_capability() or _missing_kernel_part() or _no_network(state, options)
    except (OSError, errors.Error) as error:
        return str(error)


def capabilities(status: str) -> int:
    """Read the effective capabilities of a /proc status file, as bits. Pure."""
    for line in status.splitlines():
        if line.startswith("CapEff:"):
            return int(line.split()[1], 16)
    return 0


def _missing_capability() -> str | None:
    held = capabilities(_STATUS.read_text())
    wanted = 1 << _NET_ADMIN | 1 << _SYS_ADMIN
    if held & wanted == wanted:
        return None
    return "pod networks need CAP_NET_ADMIN and CAP_SYS_ADMIN; run as root"


def _missing_kernel_part() -> str | None:
    try:
        with Connection(NETFILTER) as connection:
            connection.request(nftables.get_chain(nftables.IPV4, "filter", "FORWARD"))
    except OSError as error:
        if error.errno == errno.ENOENT:
            return None
        return f"this kernel has no nf_tables ({error}); load the module: modprobe nf_tables"
    return None


def _no_network(state: State, options: BridgeOptions) -> str | None:
    with Connection(ROUTE) as connection:
        known = segment.remembered(state, options)
        if links.find(connection, options.name) is None:
            segment.choose(connection, options, known)
    return None
