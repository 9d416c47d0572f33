"""What plugins answer to ADD, in every version of the protocol. Pure.

Source: the CNI specification, section 5 "Success", and its older versions.
"""

from __future__ import annotations

from ipaddress import ip_interface
from typing import TYPE_CHECKING, Any

from runtimes.cni.network import AttachResult
from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.cni.netlink.route import Interface
    from runtimes.cni.plugins.config import JsonObject


def read(result: JsonObject, interface: str, what: str) -> AttachResult:
    """Pick the pod's addresses, IPv4 first, from the result of the last plugin.

    Raises:
        Internal: it holds no usable address.
    """
    try:
        found = list(_addresses(result))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise errors.Internal(f"{what}: the result makes no sense: {error}: {result}") from error
    if not found:
        raise errors.Internal(f"{what}: the plugins gave the pod no address; check their IPAM")
    found.sort(key=lambda pair: pair[0].version)
    ips = tuple(str(address.ip) for address, _ in found)
    return AttachResult(ips, interface, found[0][1], _mac(result, interface))


def _addresses(result: JsonObject) -> Iterator[tuple[Interface, str]]:
    """Yield address and gateway of each address that isn't on the host's side."""
    for family in ("ip4", "ip6"):  # versions 0.1.0 and 0.2.0
        if family in result:
            yield ip_interface(result[family]["ip"]), str(result[family].get("gateway") or "")
    interfaces = result.get("interfaces") or []
    for entry in result.get("ips") or []:
        if _is_in_pod(entry.get("interface"), interfaces):
            yield ip_interface(entry["address"]), str(entry.get("gateway") or "")


def _is_in_pod(index: object, interfaces: list[Any]) -> bool:
    if not isinstance(index, int) or not 0 <= index < len(interfaces):
        return True
    return bool(interfaces[index].get("sandbox"))


def _mac(result: JsonObject, name: str) -> str:
    for interface in result.get("interfaces") or []:
        if interface.get("sandbox") and interface.get("name") == name:
            return str(interface.get("mac") or "")
    return ""
