"""A pod's sandbox, as a CRI runtime is asked for it.

Source: kubelet pkg/kubelet/kuberuntime/kuberuntime_sandbox.go (generatePodSandboxConfig).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.names import pod_log_directory
from runtimes.kubelet.actions.wishes import sandbox_hash
from runtimes.kubelet.generate import resources
from runtimes.kubelet.generate.cgroup import cgroup_parent
from runtimes.kubelet.generate.dns import ClusterDns, Resolver, pod_resolver
from runtimes.kubelet.generate.hostname import kernel_hostname
from runtimes.kubelet.generate.metadata import pod_labels
from runtimes.kubelet.generate.notes import SANDBOX_HASH
from runtimes.kubelet.generate.ports import port_mappings
from runtimes.kubelet.generate.qos import pod_qos
from runtimes.kubelet.generate.security import sandbox_security
from runtimes.kubelet.generate.sysctls import sysctls

if TYPE_CHECKING:
    from runtimes.core.pod import v1
    from runtimes.kubelet.config import KubeletConfig


def sandbox_config(
    pod: v1.Pod, attempt: int, config: KubeletConfig, *, node_resolver: Resolver, systemd: bool
) -> cri.PodSandboxConfig:
    """Compute it; `systemd` tells that the runtime names cgroups as slices.

    Raises:
        InvalidArgument: the hostname is too long, or a sysctl is the node's.
    """
    meta = pod.metadata
    cluster = ClusterDns(config.cluster_dns, config.cluster_domain)
    resolver = pod_resolver(pod, cluster, node_resolver)
    return cri.PodSandboxConfig(
        metadata=cri.PodSandboxMetadata(
            name=meta.name, namespace=meta.namespace, uid=meta.uid, attempt=attempt
        ),
        hostname="" if pod.spec.host_network else kernel_hostname(pod, config.cluster_domain),
        log_directory=str(pod_log_directory(meta.namespace, meta.name, meta.uid, config.log_root)),
        dns_config=cri.DNSConfig(
            servers=resolver.servers, searches=resolver.searches, options=resolver.options
        ),
        port_mappings=port_mappings(pod),
        labels=pod_labels(pod),
        annotations={**meta.annotations, SANDBOX_HASH: f"{sandbox_hash(pod):x}"},
        linux=_linux(pod, config, systemd=systemd),
    )


def _linux(pod: v1.Pod, config: KubeletConfig, *, systemd: bool) -> cri.LinuxPodSandboxConfig:
    parent = cgroup_parent(config.cgroup_root, pod_qos(pod), pod.metadata.uid, systemd=systemd)
    return cri.LinuxPodSandboxConfig(
        cgroup_parent=parent,
        security_context=sandbox_security(pod),
        sysctls=sysctls(pod),
        overhead=resources.overhead(pod, config),
        resources=resources.pod_resources(pod, config),
    )
