"""Host ports: who may have which."""

from __future__ import annotations

import errno
import socket
from ipaddress import ip_address
from typing import TYPE_CHECKING

from runtimes.cni.bridge.ruleset import PROTOCOLS, is_any_address
from runtimes.cni.network import PortMapping
from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_ANY = "any"
_SOCKET_TYPE = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}


def validate(mappings: Iterable[PortMapping], versions: Sequence[int], pod: str) -> None:
    """Check what one pod asks for, by itself. Pure.

    Raises:
        InvalidArgument: a protocol, a port or an address makes no sense, or one host port is
            asked for twice.
    """
    seen: set[str] = set()
    for mapping in mappings:
        what = f"publish host port {describe(mapping)} of pod '{pod}'"
        _check_numbers(mapping, what)
        _check_address(mapping.host_ip, versions, what)
        key = file_name(mapping)
        if key in seen:
            raise errors.InvalidArgument(f"{what}: the pod asks for it twice")
        seen.add(key)


def conflict(mapping: PortMapping, owners: Mapping[str, str]) -> str | None:
    """Name the sandbox that has this port, on this address or on all; None when it's free. Pure."""
    prefix = f"{mapping.protocol}-{mapping.host_port}-"
    rivals = {name: owner for name, owner in owners.items() if name.startswith(prefix)}
    if is_any_address(mapping.host_ip):
        return next(iter(rivals.values()), None)
    return rivals.get(f"{prefix}{_ANY}") or rivals.get(file_name(mapping))


def file_name(mapping: PortMapping) -> str:
    address = _ANY if is_any_address(mapping.host_ip) else str(ip_address(mapping.host_ip))
    return f"{mapping.protocol}-{mapping.host_port}-{address}"


def parse_file_name(name: str) -> PortMapping:
    """Read `file_name` back; the container's port is unknown, hence 0."""
    protocol, port, address = name.split("-", 2)
    return PortMapping(protocol, 0, int(port), "" if address == _ANY else address)


def describe(mapping: PortMapping) -> str:
    address = "" if is_any_address(mapping.host_ip) else f"{mapping.host_ip}:"
    return f"{address}{mapping.host_port}/{mapping.protocol}"


def check_unused(mapping: PortMapping, pod: str) -> None:
    """Look whether a process of this host listens there; the rules would take its traffic away.

    Raises:
        ResourceExhausted: one does.
        InvalidArgument: the address isn't this host's.
    """
    kind = _SOCKET_TYPE.get(mapping.protocol)
    if kind is None:
        return
    address = "0.0.0.0" if is_any_address(mapping.host_ip) else mapping.host_ip  # noqa: S104 - the port is let go at once
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, kind) as probe:
        if kind == socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, mapping.host_port))
        except OSError as error:
            raise _refusal(mapping, pod, error) from error


def _refusal(mapping: PortMapping, pod: str, error: OSError) -> errors.Error:
    what = f"publish host port {describe(mapping)} of pod '{pod}'"
    if error.errno == errno.EADDRINUSE:
        return errors.ResourceExhausted(
            f"{what}: a process of this host listens there; stop it or choose another port "
            f"(ss -lnp 'sport = {mapping.host_port}' shows it)"
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return errors.InvalidArgument(f"{what}: {mapping.host_ip} isn't an address of this host")
    return errors.Internal(f"{what}: {error}")


def _check_numbers(mapping: PortMapping, what: str) -> None:
    if mapping.protocol not in PROTOCOLS:
        raise errors.InvalidArgument(f"{what}: expected protocol tcp, udp or sctp")
    for number in (mapping.host_port, mapping.container_port):
        if not 1 <= number <= 65535:
            raise errors.InvalidArgument(f"{what}: {number} isn't a port; expected 1 to 65535")


def _check_address(host_ip: str, versions: Sequence[int], what: str) -> None:
    if is_any_address(host_ip):
        return
    try:
        version = ip_address(host_ip).version
    except ValueError as error:
        raise errors.InvalidArgument(f"{what}: '{host_ip}' isn't an IP address") from error
    if version not in versions:
        raise errors.InvalidArgument(
            f"{what}: pods have no IPv{version} address here; configure a subnet of that version"
        )
