"""Kernel settings of a pod's own namespaces.

Source: kubelet pkg/kubelet/sysctl, pkg/kubelet/util/sysctl.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from runtimes.core.pod import v1

_IPC_PREFIXES = ("kernel.shm", "kernel.msg", "kernel.sem", "fs.mqueue.")
_SWAP = str.maketrans("./", "/.")


def sysctls(pod: v1.Pod) -> dict[str, str]:
    """Name them with dots.

    Raises:
        InvalidArgument: one would change the node, as the pod has no namespace of its own for it.
    """
    context = pod.spec.security_context
    wanted = {} if context is None else {_dotted(s.name): s.value for s in context.sysctls}
    for name in wanted:
        _check(pod, name)
    return wanted


def _dotted(name: str) -> str:
    """``net/ipv4/conf/eth0.1/x`` is ``net.ipv4.conf.eth0/1.x``: the first separator tells."""
    first = next((char for char in name if char in "./"), ".")
    return name.translate(_SWAP) if first == "/" else name


def is_namespaced(name: str) -> bool:
    """A pod has it for itself; `name` is dotted."""
    return name.startswith(("net.", *_IPC_PREFIXES))


def _check(pod: v1.Pod, name: str) -> None:
    in_network = name.startswith("net.")
    in_ipc = name.startswith(_IPC_PREFIXES)
    where = f"set sysctl {name} for pod {pod.metadata.namespace}/{pod.metadata.name}"
    if in_network and pod.spec.host_network:
        raise errors.InvalidArgument(f"{where}: not allowed with hostNetwork, it is the node's")
    if in_ipc and pod.spec.host_ipc:
        raise errors.InvalidArgument(f"{where}: not allowed with hostIPC, it is the node's")
    if not is_namespaced(name):
        raise errors.InvalidArgument(
            f"{where}: no namespace holds it, it is the node's; set it on the node"
        )
