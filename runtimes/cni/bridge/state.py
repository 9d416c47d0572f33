"""What the bridge remembers on disk.

    network.json              the pods' networks
    attachments/ID.json       one sandbox: its addresses and host ports, written before they're used
    addresses/IP -> ID        who has an address
    ports/PROTO-PORT-IP -> ID who has a host port; IP is `any` for all addresses
    last-VERSION -> IP        the address given away last
    lock                      held by whoever changes any of it

A symbolic link is made with its content or not at all, and belongs to one maker: no half-written
file can ever hold an address. Whoever calls holds the lock.

Nothing is flushed to the disk. A kill at any moment loses nothing, as the kernel has the files; and
what ends the kernel ends every pod's namespace, link and rule too, so that what was lost of the
records described nothing any more. What was half lost is found by the links, and by `reconcile`.
"""

from __future__ import annotations

import contextlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from runtimes.cni import record
from runtimes.cni.network import PortMapping

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Attachment:
    """What one sandbox holds, or was about to."""

    sandbox_id: str
    name: str
    namespace: str
    ips: tuple[str, ...]
    ports: tuple[PortMapping, ...]

    @property
    def pod(self) -> str:
        return f"{self.namespace}/{self.name}"


class State:
    """The files below one directory."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.lock = root / "lock"
        self.addresses = root / "addresses"
        self.ports = root / "ports"
        self._attachments = root / "attachments"
        self._network = root / "network.json"

    def prepare(self) -> None:
        for directory in (self.addresses, self.ports, self._attachments):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)

    def networks(self) -> tuple[str, ...]:
        """Read the networks that were chosen; empty when none were."""
        content = record.load(self._network)
        found = content.get("networks") if isinstance(content, dict) else None
        return tuple(map(str, found)) if isinstance(found, list) else ()

    def save_networks(self, networks: tuple[str, ...]) -> None:
        record.save(self._network, {"networks": list(networks)}, durable=False)

    def forget_networks(self) -> None:
        record.remove(self._network)

    def last_address(self, version: int) -> str:
        return owner(self._root / f"last-{version}") or ""

    def save_last_address(self, version: int, address: str) -> None:
        temporary = self._root / f".last-{version}.tmp"
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(address)
        temporary.replace(self._root / f"last-{version}")

    def save(self, attachment: Attachment) -> None:
        record.save(self._path(attachment.sandbox_id), asdict(attachment), durable=False)

    def load(self, sandbox_id: str) -> Attachment | None:
        """Read a record; None when it is missing or damaged."""
        return _attachment(record.load(self._path(sandbox_id)))

    def forget(self, sandbox_id: str) -> None:
        record.remove(self._path(sandbox_id))

    def is_recorded(self, sandbox_id: str) -> bool:
        return self._path(sandbox_id).exists()

    def attachments(self) -> Iterator[Attachment]:
        """Read all records that make sense."""
        for path in self._attachments.glob("[!.]*.json"):
            attachment = _attachment(record.load(path))
            if attachment is not None:
                yield attachment

    def sandbox_ids(self) -> set[str]:
        """List everybody who holds anything, also where the record is damaged or missing."""
        recorded = {path.stem for path in self._attachments.glob("[!.]*.json")}
        return recorded | set(owners(self.addresses).values()) | set(owners(self.ports).values())

    def _path(self, sandbox_id: str) -> Path:
        return self._attachments / f"{sandbox_id}.json"


def claim(path: Path, sandbox_id: str) -> None:
    """Take an address or a port that is free, or that `sandbox_id` has already."""
    if owner(path) != sandbox_id:
        path.symlink_to(sandbox_id)


def release(path: Path, sandbox_id: str) -> None:
    """Give back what `sandbox_id` holds; what belongs to another one stays."""
    if owner(path) == sandbox_id:
        path.unlink(missing_ok=True)


def owners(directory: Path) -> dict[str, str]:
    """Map names of addresses or ports to the sandboxes that hold them."""
    found: dict[str, str] = {}
    with contextlib.suppress(FileNotFoundError):
        for path in directory.iterdir():
            holder = owner(path)
            if holder is not None:
                found[path.name] = holder
    return found


def owner(path: Path) -> str | None:
    """Tell who holds an address or a port; None when it's free."""
    try:
        return str(path.readlink())
    except OSError:
        return None


def _attachment(content: Any) -> Attachment | None:  # noqa: ANN401 - any JSON
    try:
        return Attachment(
            sandbox_id=str(content["sandbox_id"]),
            name=str(content["name"]),
            namespace=str(content["namespace"]),
            ips=tuple(map(str, content["ips"])),
            ports=tuple(PortMapping(**port) for port in content["ports"]),
        )
    except (KeyError, TypeError):
        return None
