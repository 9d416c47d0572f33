"""From CRI messages to what the project says about pods.

Source: kubelet pkg/kubelet/kuberuntime/helpers.go, kuberuntime_container.go (toKubeContainer...).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runtimes.core import labels
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.pod.status import (
    ContainerState,
    ContainerStatus,
    ContainerUsage,
    Image,
    InterfaceUsage,
    NetworkUsage,
    SandboxStatus,
)
from runtimes.kubelet.generate.notes import SANDBOX_HASH, parse_hash, read_annotations

if TYPE_CHECKING:
    from runtimes.core.pod.status import RegistryAuth

_ADDRESS = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*")
_STATES = {
    cri.CONTAINER_CREATED: ContainerState.CREATED,
    cri.CONTAINER_RUNNING: ContainerState.RUNNING,
    cri.CONTAINER_EXITED: ContainerState.EXITED,
}


def from_cri_container(container: cri.Container) -> ContainerStatus:
    """Convert a list's item: times and exit code are unknown."""
    notes = read_annotations(container.annotations)
    return ContainerStatus(
        id=container.id,
        name=_name(container),
        state=_STATES.get(container.state, ContainerState.UNKNOWN),
        created_at_ns=container.created_at,
        image=container.image.user_specified_image or container.image.image,
        image_ref=container.image_ref,
        hash=notes.hash,
        restart_count=_attempt(container),
    )


def from_cri_container_status(status: cri.ContainerStatus, message: str = "") -> ContainerStatus:
    """Convert a status; `message` is the termination message, which follows the engine's own."""
    notes = read_annotations(status.annotations)
    state = _STATES.get(status.state, ContainerState.UNKNOWN)
    ended = state is ContainerState.EXITED
    return ContainerStatus(
        id=status.id,
        name=_name(status),
        state=state,
        created_at_ns=status.created_at,
        started_at_ns=max(0, status.started_at),
        finished_at_ns=max(0, status.finished_at) if ended else 0,
        exit_code=status.exit_code if ended else 0,
        image=status.image.user_specified_image or status.image.image,
        image_ref=status.image_ref,
        hash=notes.hash,
        restart_count=_attempt(status),
        reason=status.reason,
        message=": ".join(text for text in (status.message, message) if text),
        log_path=status.log_path,
    )


def _name(of: cri.Container | cri.ContainerStatus) -> str:
    return of.labels.get(labels.CONTAINER_NAME) or of.metadata.name


def _attempt(of: cri.Container | cri.ContainerStatus) -> int:
    notes = read_annotations(of.annotations)
    return notes.restart_count or of.metadata.attempt


def from_cri_sandbox(sandbox: cri.PodSandbox) -> SandboxStatus:
    """Convert a list's item: addresses and network mode are unknown."""
    return SandboxStatus(
        id=sandbox.id,
        attempt=sandbox.metadata.attempt,
        ready=sandbox.state == cri.SANDBOX_READY,
        created_at_ns=sandbox.created_at,
    )


def from_cri_sandbox_status(status: cri.PodSandboxStatus) -> SandboxStatus:
    return SandboxStatus(
        id=status.id,
        attempt=status.metadata.attempt,
        ready=status.state == cri.SANDBOX_READY,
        created_at_ns=status.created_at,
        host_network=on_host_network(status),
        ips=addresses(status),
        hash=parse_hash(status.annotations.get(SANDBOX_HASH, "")),
    )


def on_host_network(status: cri.PodSandboxStatus) -> bool:
    options = status.linux.namespaces.options
    return status.linux.namespaces.HasField("options") and options.network == cri.NODE


def addresses(status: cri.PodSandboxStatus) -> tuple[str, ...]:
    """The pod's own addresses, primary first; none on the host's network."""
    if on_host_network(status):
        return ()
    network = status.network
    given = (network.ip, *(additional.ip for additional in network.additional_ips))
    return tuple(ip for ip in given if _is_address(ip))


def _is_address(text: str) -> bool:
    return _ADDRESS.fullmatch(text) is not None


def from_cri_image(image: cri.Image) -> Image:
    return Image(
        id=image.id,
        tags=tuple(image.repo_tags),
        digests=tuple(image.repo_digests),
        size_bytes=image.size,
        uid=image.uid.value if image.HasField("uid") else None,
        username=image.username,
        pinned=image.pinned,
    )


def from_cri_stats(stats: cri.ContainerStats) -> ContainerUsage:
    who = stats.attributes.labels
    cpu, memory, layer = stats.cpu, stats.memory, stats.writable_layer
    return ContainerUsage(
        id=stats.attributes.id,
        name=who.get(labels.CONTAINER_NAME) or stats.attributes.metadata.name,
        pod_uid=who.get(labels.POD_UID, ""),
        pod_name=who.get(labels.POD_NAME, ""),
        pod_namespace=who.get(labels.POD_NAMESPACE, ""),
        timestamp_ns=cpu.timestamp or memory.timestamp,
        cpu_usage_ns=_value(cpu.usage_core_nano_seconds, cpu.HasField("usage_core_nano_seconds")),
        memory_working_set_bytes=_value(
            memory.working_set_bytes, memory.HasField("working_set_bytes")
        ),
        memory_usage_bytes=_value(memory.usage_bytes, memory.HasField("usage_bytes")),
        writable_layer_bytes=_value(layer.used_bytes, layer.HasField("used_bytes")),
    )


def from_cri_network(stats: cri.PodSandboxStats) -> NetworkUsage:
    network = stats.linux.network
    default = [network.default_interface] if network.HasField("default_interface") else []
    others = [one for one in network.interfaces if one.name != network.default_interface.name]
    return NetworkUsage(
        stats.attributes.metadata.uid,
        network.timestamp,
        tuple(
            InterfaceUsage(
                name=one.name,
                rx_bytes=one.rx_bytes.value,
                rx_errors=one.rx_errors.value,
                tx_bytes=one.tx_bytes.value,
                tx_errors=one.tx_errors.value,
            )
            for one in (*default, *others)
        ),
    )


def _value(wrapped: cri.UInt64Value, is_set: bool) -> int | None:  # noqa: FBT001 - one bit of proto
    return wrapped.value if is_set else None


def to_cri_auth(auth: RegistryAuth | None) -> cri.AuthConfig | None:
    if auth is None:
        return None
    return cri.AuthConfig(
        username=auth.username,
        password=auth.password,
        identity_token=auth.identity_token,
        registry_token=auth.registry_token,
        server_address=auth.server_address,
    )
