"""What a sandbox was asked to be, read from its config. Pure.

The CRI's zero value of every mode is POD. kubelet always sends the modes; where a caller sends no
namespace options at all, the pid namespace is each container's own, since nobody asked to share it.
"""

from __future__ import annotations

from runtimes.core.cri.v1 import api_pb2 as cri

_HOSTNAME_LENGTH = 63


def namespace_options(config: cri.PodSandboxConfig) -> cri.NamespaceOption:
    """The modes that a sandbox was asked for."""
    context = config.linux.security_context
    if context.HasField("namespace_options"):
        return context.namespace_options
    return cri.NamespaceOption(pid=cri.CONTAINER)


def uses_host_network(config: cri.PodSandboxConfig) -> bool:
    return namespace_options(config).network == cri.NODE


def hostname(config: cri.PodSandboxConfig) -> str:
    """The name that the pod's processes see; the pod's own name where none was asked for."""
    return config.hostname or config.metadata.name[:_HOSTNAME_LENGTH].rstrip("-.")
