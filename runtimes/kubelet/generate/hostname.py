"""What a pod calls itself.

Source: kubelet pkg/kubelet/kubelet_pods.go (GeneratePodHostNameAndDomain), pkg/kubelet/util.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from runtimes.core.pod import v1

_MAX_LABEL = 63
_MAX_KERNEL_NAME = 64


def hostname_and_domain(pod: v1.Pod, cluster_domain: str) -> tuple[str, str]:
    """Give the short name, and the domain of a pod that has a subdomain, else an empty one."""
    name = pod.spec.hostname or pod.metadata.name[:_MAX_LABEL].rstrip("-.")
    if not pod.spec.subdomain:
        return name, ""
    return name, f"{pod.spec.subdomain}.{pod.metadata.namespace}.svc.{cluster_domain}"


def kernel_hostname(pod: v1.Pod, cluster_domain: str) -> str:
    """Give the name for the pod's UTS namespace.

    Raises:
        InvalidArgument: setHostnameAsFQDN makes it longer than the kernel takes.
    """
    if pod.spec.hostname_override:
        return pod.spec.hostname_override
    name, domain = hostname_and_domain(pod, cluster_domain)
    if not (pod.spec.set_hostname_as_fqdn and domain):
        return name
    full = f"{name}.{domain}"
    if len(full) > _MAX_KERNEL_NAME:
        raise errors.InvalidArgument(
            f"set hostname {full}: it has {len(full)} characters, the kernel takes"
            f" {_MAX_KERNEL_NAME}; shorten it or drop setHostnameAsFQDN"
        )
    return full
