"""An ADD that was begun: all that DEL will need, whatever has changed by then. Pure.

The configuration is part of it: DEL must run the plugins that ADD ran, also when the administrator
has edited the files since.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.cni.plugins import capabilities

if TYPE_CHECKING:
    from runtimes.cni.network import AttachRequest, DetachRequest
    from runtimes.cni.plugins.config import JsonObject, NetworkConfig

INTERFACE = "eth0"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sandbox in one network.

    Attributes:
        pod: namespace and name, for messages.
        netns: path of the namespace; empty when unknown.
        args: CNI_ARGS.
        source: file of the configuration.
        plugins: the plugins' settings.
        arguments: run-time arguments by capability.
        result: None until all plugins have succeeded.
    """

    sandbox_id: str
    pod: str
    netns: str
    args: str
    source: str
    network: str
    cni_version: str
    plugins: tuple[JsonObject, ...]
    arguments: JsonObject
    result: JsonObject | None = None


def begin(request: AttachRequest, network: NetworkConfig, pod_cidr: str) -> Attempt:
    """Describe the ADD of a pod.

    Raises:
        InvalidArgument: a bandwidth annotation makes no sense.
    """
    return _attempt(request, network, capabilities.arguments(request, pod_cidr))


def guess(request: DetachRequest, network: NetworkConfig, pod_cidr: str) -> Attempt:
    """Describe what a damaged or lost record may have said, by the configuration of now."""
    arguments = capabilities.lost_arguments(request.port_mappings, pod_cidr)
    return _attempt(request, network, arguments)


def cni_args(request: AttachRequest | DetachRequest) -> str:
    """Name the pod to the plugins as kubelet's buildCNIRuntimeConf; containerd adds the uid."""
    pairs = {
        "IgnoreUnknown": "1",
        "K8S_POD_NAMESPACE": request.namespace,
        "K8S_POD_NAME": request.name,
        "K8S_POD_INFRA_CONTAINER_ID": request.sandbox_id,
        "K8S_POD_UID": request.uid,
    }
    return ";".join(f"{key}={value}" for key, value in pairs.items())


def _attempt(
    request: AttachRequest | DetachRequest, network: NetworkConfig, arguments: JsonObject
) -> Attempt:
    return Attempt(
        sandbox_id=request.sandbox_id,
        pod=f"{request.namespace}/{request.name}",
        netns=str(request.netns or ""),
        args=cni_args(request),
        source=network.source,
        network=network.name,
        cni_version=network.cni_version,
        plugins=network.plugins,
        arguments=arguments,
    )
