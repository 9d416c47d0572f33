"""Addresses and host ports: claimed for a sandbox, given back by it. All under the state's lock."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from runtimes.cni.bridge import addresses, ports
from runtimes.cni.bridge.state import Attachment, claim, owner, owners, release
from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runtimes.cni.bridge.state import State
    from runtimes.cni.netlink.route import Network
    from runtimes.cni.network import AttachRequest


def make(state: State, request: AttachRequest, networks: Sequence[Network]) -> Attachment:
    """Choose addresses and claim ports; the record comes first, so a crash loses nothing.

    Raises:
        InvalidArgument: a port mapping makes no sense.
        ResourceExhausted: no address is free, or somebody has a port.
    """
    pod = f"{request.namespace}/{request.name}"
    mappings = tuple(mapping for mapping in request.port_mappings if mapping.host_port)
    ports.validate(mappings, [network.version for network in networks], pod)
    wanted = Attachment(request.sandbox_id, request.name, request.namespace, (), mappings)
    _check_ports(state, wanted)
    ips = tuple(_pick_addresses(state, networks, pod))
    attachment = Attachment(request.sandbox_id, request.name, request.namespace, ips, mappings)
    state.save(attachment)
    for ip in ips:
        claim(state.addresses / ip, request.sandbox_id)
        state.save_last_address(ip_address(ip).version, ip)
    for mapping in mappings:
        claim(state.ports / ports.file_name(mapping), request.sandbox_id)
    return attachment


def find(state: State, sandbox_id: str) -> Attachment:
    """Tell what a sandbox holds: by its record, else by looking through all claims.

    Ports that it no longer holds, or not yet, are left out.
    """
    recorded = state.load(sandbox_id)
    if recorded is None:
        ips = tuple(_held_by(owners(state.addresses), sandbox_id))
        names = _held_by(owners(state.ports), sandbox_id)
        return Attachment(sandbox_id, "", "", ips, tuple(map(ports.parse_file_name, names)))
    held = tuple(
        mapping
        for mapping in recorded.ports
        if owner(state.ports / ports.file_name(mapping)) == sandbox_id
    )
    return Attachment(sandbox_id, recorded.name, recorded.namespace, recorded.ips, held)


def free(state: State, attachment: Attachment) -> None:
    """Give everything back, the addresses last but for the record."""
    for mapping in attachment.ports:
        release(state.ports / ports.file_name(mapping), attachment.sandbox_id)
    for ip in attachment.ips:
        release(state.addresses / ip, attachment.sandbox_id)
    state.forget(attachment.sandbox_id)


def _held_by(found: dict[str, str], sandbox_id: str) -> Iterator[str]:
    return (name for name, holder in found.items() if holder == sandbox_id)


def _pick_addresses(state: State, networks: Sequence[Network], pod: str) -> Iterator[str]:
    taken = {path.name for path in state.addresses.iterdir()}
    for network in networks:
        address = addresses.pick(network, taken, state.last_address(network.version))
        if address is None:
            raise errors.ResourceExhausted(
                f"give pod '{pod}' an address: all of {network} are taken; remove pods, or "
                "configure a larger subnet"
            )
        yield str(address)


def _check_ports(state: State, wanted: Attachment) -> None:
    found = owners(state.ports) if wanted.ports else {}
    held = {name: holder for name, holder in found.items() if holder != wanted.sandbox_id}
    for mapping in wanted.ports:
        holder = ports.conflict(mapping, held)
        if holder is not None:
            known = state.load(holder)
            raise errors.ResourceExhausted(
                f"publish host port {ports.describe(mapping)} of pod '{wanted.pod}': pod "
                f"'{known.pod if known else '?'}' (sandbox {holder}) has it; stop that pod or "
                "choose another port"
            )
        ports.check_unused(mapping, wanted.pod)
