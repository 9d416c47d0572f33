"""What a pod asks of its sandbox, and which of its fields change what.

    at once          followed by the agent or by files that running containers have mounted
    the sandbox      another value needs another sandbox, and so restarts every container
    the containers   their own definitions, and the volumes that they mount
    no effect        for a scheduler or an API server

Every field of a pod's spec is in one of the four.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from runtimes.kubelet.actions.hash import fnv1a
from runtimes.kubelet.generate.qos import pod_qos

if TYPE_CHECKING:
    from runtimes.core.pod import v1

AT_ONCE = frozenset({
    "active_deadline_seconds", "host_aliases", "image_pull_secrets", "restart_policy",
    "termination_grace_period_seconds",
})  # fmt: skip
OF_CONTAINERS = frozenset({"containers", "ephemeral_containers", "init_containers", "volumes"})
OF_SANDBOX = (
    "dns_config", "dns_policy", "host_ipc", "host_network", "host_pid", "host_users", "hostname",
    "hostname_override", "overhead", "priority_class_name", "resources", "runtime_class_name",
    "security_context", "set_hostname_as_fqdn", "share_process_namespace", "subdomain",
)  # fmt: skip


def asked_of_sandbox(pod: v1.Pod) -> dict[str, object]:
    """Name all that is asked for, as manifests do; what is left out isn't named."""
    spec = pod.spec
    words = dict(zip(spec.__struct_fields__, spec.__struct_encode_fields__, strict=True))
    every = (*spec.init_containers, *spec.containers)
    asked = {f"spec.{words[name]}": getattr(spec, name) for name in OF_SANDBOX}
    asked["hostPort"] = [
        (port.host_ip, port.host_port, port.container_port, port.protocol)
        for container in spec.containers
        for port in container.ports
        if port.host_port
    ]
    asked["privileged"] = any(
        one.security_context is not None and one.security_context.privileged for one in every
    )
    asked["qosClass"] = pod_qos(pod).value
    return {name: value for name, value in asked.items() if value}


def sandbox_hash(pod: v1.Pod) -> int:
    """Another one means that the pod needs another sandbox; never 0."""
    return fnv1a(msgspec.json.encode(sorted(asked_of_sandbox(pod).items()))) or 1


def changed_for_sandbox(before: v1.Pod, after: v1.Pod) -> tuple[str, ...]:
    """Name what is asked of the sandbox otherwise than before."""
    old, new = asked_of_sandbox(before), asked_of_sandbox(after)
    return tuple(sorted(name for name in {*old, *new} if old.get(name) != new.get(name)))
