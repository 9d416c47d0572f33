"""A pod's sysctls: which are its own, and which namespace each is written in.

They belong to the sandbox: whoever makes its namespaces writes them there, once, under
``/proc/sys``, before anything runs in it.

Source: CRI LinuxPodSandboxConfig.sysctls; kubelet's sysctl/namespace.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from collections.abc import Mapping

IPC_NAMES = frozenset({"kernel.sem"})
IPC_PREFIXES = ("kernel.shm", "kernel.msg", "fs.mqueue.")
NET_PREFIXES = ("net.",)
UTS_NAMES = frozenset({"kernel.hostname", "kernel.domainname"})


def namespace(name: str) -> str:
    """The OCI type of the namespace that a sysctl belongs to, or "" if it is the whole host's.

    Slashes may stand for dots, as in sysctl(8).
    """
    dotted = canonical(name)
    if dotted.startswith(NET_PREFIXES):
        return "network"
    if dotted in IPC_NAMES or dotted.startswith(IPC_PREFIXES):
        return "ipc"
    return "uts" if dotted in UTS_NAMES else ""


def canonical(name: str) -> str:
    """With dots as separators: ``net/ipv4/ip_forward`` is ``net.ipv4.ip_forward``."""
    first = min((name.find(mark) for mark in "./" if mark in name), default=-1)
    if first < 0 or name[first] == ".":
        return name
    return name.translate(str.maketrans("./", "/."))


def path(name: str) -> str:
    """The file below /proc/sys; a slash inside a dotted name stands for a dot in a file's name."""
    return canonical(name).translate(str.maketrans("./", "/."))


def check(sysctls: Mapping[str, str], options: cri.NamespaceOption) -> None:
    """Refuse what would change the host.

    Raises:
        InvalidArgument: a sysctl that no namespace holds, or of one that the pod shares with the
            host.
    """
    shared = {
        "network": options.network == cri.NamespaceMode.NODE,
        "ipc": options.ipc == cri.NamespaceMode.NODE,
        "uts": options.network == cri.NamespaceMode.NODE,
    }
    for name in sysctls:
        kind = namespace(name)
        if not kind:
            raise errors.InvalidArgument(
                f"sysctl {name} is the whole host's, not a pod's; set it on the host"
            )
        if shared[kind]:
            raise errors.InvalidArgument(
                f"sysctl {name}: the pod uses the host's {kind} namespace, so it can't be set"
            )
        if ".." in path(name).split("/"):
            raise errors.InvalidArgument(f"sysctl {name!r} is no name of a sysctl")
