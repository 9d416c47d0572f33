"""Which namespaces a container shares, as the Engine's modes.

Source: CRI NamespaceOption; kubelet dockershim/security_context.go
(modifyContainerNamespaceOptions).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.core.docker.types import HostConfig

HOST = "host"


@dataclass(frozen=True, slots=True)
class Modes:
    """The Engine's words: "" for a namespace of its own, ``host``, ``container:ID``."""

    network: str
    ipc: str
    pid: str
    uts: str

    def put(self, into: HostConfig) -> None:
        """Write them into a host config."""
        into["NetworkMode"] = self.network
        into["IpcMode"] = self.ipc
        into["PidMode"] = self.pid
        into["UTSMode"] = self.uts


def of_container(asked: cri.NamespaceOption, sandbox_id: str) -> Modes:
    """A container lives in its sandbox's network and IPC namespaces, whatever those are.

    Raises:
        InvalidArgument: mode TARGET without a target.
        Unimplemented: a user namespace of the pod's own.
    """
    if asked.userns_options.mode == cri.NamespaceMode.POD and asked.HasField("userns_options"):
        raise errors.Unimplemented(
            "user namespaces: Docker maps the ids of all containers or of none, see its daemon's "
            "userns-remap"
        )
    sandbox = f"container:{sandbox_id}"
    shares_host = asked.network == cri.NamespaceMode.NODE
    return Modes(sandbox, sandbox, _pid(asked, sandbox), HOST if shares_host else "")


def _pid(asked: cri.NamespaceOption, sandbox: str) -> str:
    if asked.pid == cri.NamespaceMode.NODE:
        return HOST
    if asked.pid == cri.NamespaceMode.POD:
        return sandbox
    if asked.pid == cri.NamespaceMode.TARGET:
        if not asked.target_id:
            raise errors.InvalidArgument(
                "pid namespace TARGET: target_id must name a container of the pod"
            )
        return f"container:{asked.target_id}"
    return ""
