"""dockershim's checkpoint of a sandbox: what its network needs to be undone by, in a file.

    {"version":"v1","name":...,"namespace":...,"data":{"port_mappings":[...],"host_network":true},
     "checksum":FNV-1a of how Go prints `data`}

Our own records say more. The file is written for programs that know it, and read where a record
was lost; also cri-dockerd's, whose checksum differs, as its Go package has another name. One that
can't be read counts as missing: nothing may depend on it.

Source: kubelet 1.22 dockershim/docker_checkpoint.go, checkpointmanager.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.state import whole

if TYPE_CHECKING:
    from pathlib import Path

VERSION = "v1"
_DOCKERSHIM = ("dockershim", "dockershim")
_CRI_DOCKERD = ("core", "config")
"""Go's packages of CheckpointData and of PortMapping."""

_OFFSET, _PRIME, _MASK = 2166136261, 16777619, 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Mapping:
    """One port mapping, host port 0 included."""

    protocol: str
    container_port: int
    host_port: int
    host_ip: str = ""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What is known of a sandbox without its record."""

    name: str
    namespace: str
    mappings: tuple[Mapping, ...] = ()
    host_network: bool = False

    def encode(self) -> bytes:
        """Write it as dockershim does."""
        return json.dumps(
            {
                "version": VERSION,
                "name": self.name,
                "namespace": self.namespace,
                "data": self._data(),
                "checksum": checksum(self, _DOCKERSHIM),
            },
            separators=(",", ":"),
        ).encode()

    def _data(self) -> dict[str, Any]:
        written = [_without_zeros(mapping) for mapping in self.mappings]
        found: dict[str, Any] = {"port_mappings": written} if written else {}
        return found | ({"host_network": True} if self.host_network else {})


def _without_zeros(mapping: Mapping) -> dict[str, Any]:
    pairs = {
        "protocol": mapping.protocol,
        "container_port": mapping.container_port,
        "host_port": mapping.host_port,
        "host_ip": mapping.host_ip,
    }
    return {name: value for name, value in pairs.items() if value}


def of_config(config: cri.PodSandboxConfig, *, host_network: bool) -> Checkpoint:
    """The checkpoint of a sandbox to be. Pure."""
    mappings = tuple(
        Mapping(
            cri.Protocol.Name(one.protocol).lower(), one.container_port, one.host_port, one.host_ip
        )
        for one in config.port_mappings
    )
    return Checkpoint(config.metadata.name, config.metadata.namespace, mappings, host_network)


def checksum(checkpoint: Checkpoint, packages: tuple[str, str] = _DOCKERSHIM) -> int:
    """FNV-1a, 32 bits, of what Go's spew prints of the data. Pure."""
    found = _OFFSET
    for byte in _printed(checkpoint, *packages).encode():
        found = ((found ^ byte) * _PRIME) & _MASK
    return found


def _printed(checkpoint: Checkpoint, data: str, mapping: str) -> str:
    entries = " ".join(_printed_mapping(one, mapping) for one in checkpoint.mappings)
    listed = f"[{entries}]" if checkpoint.mappings else "<nil>"
    return (
        f"({data}.CheckpointData){{PortMappings:([]*{mapping}.PortMapping){listed} "
        f"HostNetwork:(bool){str(checkpoint.host_network).lower()}}}"
    )


def _printed_mapping(one: Mapping, package: str) -> str:
    return (
        f"<*>{{Protocol:(*{package}.Protocol){one.protocol} "
        f"ContainerPort:(*int32){one.container_port} HostPort:(*int32){one.host_port} "
        f"HostIP:(string){one.host_ip}}}"
    )


def decode(data: bytes) -> Checkpoint | None:
    """Read one of dockershim's or cri-dockerd's; None when it is corrupt."""
    try:
        raw = json.loads(data)
        found = Checkpoint(
            str(raw["name"]),
            str(raw["namespace"]),
            tuple(_mapping(one) for one in raw["data"].get("port_mappings") or ()),
            bool(raw["data"].get("host_network", False)),
        )
        known = {checksum(found, packages) for packages in (_DOCKERSHIM, _CRI_DOCKERD)}
        return found if raw["checksum"] in known else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _mapping(raw: dict[str, Any]) -> Mapping:
    return Mapping(
        str(raw.get("protocol", "")),
        int(raw.get("container_port", 0)),
        int(raw.get("host_port", 0)),
        str(raw.get("host_ip", "")),
    )


def save(folder: Path, sandbox_id: str, checkpoint: Checkpoint) -> None:
    """Write it, so that a reader sees all of it or nothing, also after a loss of power."""
    whole.replace(folder / sandbox_id, checkpoint.encode(), through=folder / f".{sandbox_id}")


def load(folder: Path, sandbox_id: str) -> Checkpoint | None:
    """Read it; None when it is missing or corrupt, in which case it is removed."""
    path = folder / sandbox_id
    try:
        found = decode(path.read_bytes())
    except OSError:
        return None
    if found is None:
        forget(folder, sandbox_id)
    return found


def forget(folder: Path, sandbox_id: str) -> None:
    """Remove it. Idempotent."""
    with suppress(OSError):
        (folder / sandbox_id).unlink()
