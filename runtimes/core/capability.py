"""What a backend may or may not do: stable, dotted ids.

A backend claims a set of them. What isn't claimed raises `Unimplemented`; the contract checks both
ways. Running, stopping, removing, listing and asking the status of sandboxes and containers, and
listing images, is what makes a CRI backend: those RPCs need no id.
"""

from __future__ import annotations

from enum import StrEnum


class Capability(StrEnum):
    """Each member's comment says what a claim promises."""

    EXEC_SYNC = "exec.sync"  # ExecSync; a timeout kills the process tree
    EXEC_STREAM = "exec.stream"  # Exec: `StreamingService.open_exec`, or a URL
    ATTACH = "attach"  # Attach, likewise
    PORT_FORWARD = "port_forward"  # PortForward, likewise
    LOGS_REOPEN = "logs.reopen"  # ReopenContainerLog after a rename
    CONTAINER_STATS = "stats.container"  # ContainerStats, ListContainerStats
    SANDBOX_STATS = "stats.sandbox"  # PodSandboxStats, ListPodSandboxStats
    METRICS = "stats.metrics"  # ListMetricDescriptors, ListPodSandboxMetrics
    EVENTS = "events"  # GetContainerEvents
    LIST_STREAMS = "list.streams"  # Stream* variants of the lists
    CONTAINER_UPDATE = "container.update"  # UpdateContainerResources
    SANDBOX_UPDATE = "sandbox.update"  # UpdatePodSandboxResources
    CONTAINER_CHECKPOINT = "container.checkpoint"  # CheckpointContainer
    POD_CHECKPOINT = "pod.checkpoint"  # CheckpointPod, RestorePod
    RUNTIME_CONFIG = "runtime.config"  # RuntimeConfig: the cgroup driver
    RUNTIME_UPDATE = "runtime.update"  # UpdateRuntimeConfig: the pod CIDR
    RUNTIME_HANDLERS = "runtime.handlers"  # other handlers than ""
    IMAGE_PULL = "image.pull"  # PullImage from a registry
    IMAGE_REMOVE = "image.remove"  # RemoveImage
    IMAGE_FS_INFO = "image.fs_info"  # ImageFsInfo
    IMAGE_IMPORT = "image.import"  # import_image from a file (ours, not an RPC)
    IMAGE_VOLUMES = "mount.image"  # Mount.image
    MOUNT_PROPAGATION = "mount.propagation"
    MOUNT_RECURSIVE_READ_ONLY = "mount.recursive_read_only"
    PORT_MAPPINGS = "sandbox.port_mappings"  # host ports reach the pod
    SYSCTLS = "sandbox.sysctls"
    POD_PID_NAMESPACE = "sandbox.pid_namespace"  # pid namespace shared by the pod
    USER_NAMESPACES = "sandbox.user_namespaces"
    SECCOMP = "security.seccomp"
    APPARMOR = "security.apparmor"
    SELINUX = "security.selinux"
    DEVICES = "container.devices"
    RESOURCES = "container.resources"  # cpu, memory and pids limits; OOMKilled
    RECOVERY = "recovery"  # what was answered outlives a kill -9 of the process that has it open


RPC_CAPABILITY: dict[str, Capability] = {
    "ExecSync": Capability.EXEC_SYNC,
    "Exec": Capability.EXEC_STREAM,
    "Attach": Capability.ATTACH,
    "PortForward": Capability.PORT_FORWARD,
    "ReopenContainerLog": Capability.LOGS_REOPEN,
    "ContainerStats": Capability.CONTAINER_STATS,
    "ListContainerStats": Capability.CONTAINER_STATS,
    "PodSandboxStats": Capability.SANDBOX_STATS,
    "ListPodSandboxStats": Capability.SANDBOX_STATS,
    "ListMetricDescriptors": Capability.METRICS,
    "ListPodSandboxMetrics": Capability.METRICS,
    "GetContainerEvents": Capability.EVENTS,
    "StreamPodSandboxes": Capability.LIST_STREAMS,
    "StreamContainers": Capability.LIST_STREAMS,
    "StreamContainerStats": Capability.LIST_STREAMS,
    "StreamPodSandboxStats": Capability.LIST_STREAMS,
    "StreamPodSandboxMetrics": Capability.LIST_STREAMS,
    "StreamImages": Capability.LIST_STREAMS,
    "UpdateContainerResources": Capability.CONTAINER_UPDATE,
    "UpdatePodSandboxResources": Capability.SANDBOX_UPDATE,
    "CheckpointContainer": Capability.CONTAINER_CHECKPOINT,
    "CheckpointPod": Capability.POD_CHECKPOINT,
    "RestorePod": Capability.POD_CHECKPOINT,
    "RuntimeConfig": Capability.RUNTIME_CONFIG,
    "UpdateRuntimeConfig": Capability.RUNTIME_UPDATE,
    "PullImage": Capability.IMAGE_PULL,
    "RemoveImage": Capability.IMAGE_REMOVE,
    "ImageFsInfo": Capability.IMAGE_FS_INFO,
}
"""The RPCs that a backend may leave out, and the id that claims each."""
