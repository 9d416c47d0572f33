"""What a container may learn about its pod: fieldRef and resourceFieldRef.

Source: kubelet pkg/kubelet/kubelet_pods.go; pkg/fieldpath; pkg/api/v1/resource/helpers.go.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.kubelet.generate import amounts, totals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtimes.core.pod import v1
    from runtimes.kubelet.config import KubeletConfig

_ESCAPES = {
    "\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v",
    "\\": "\\\\", '"': '\\"',
}  # fmt: skip
_SUBSCRIPT = re.compile(r"metadata\.(labels|annotations)\['([^']+)'\]")


def field_value(pod: v1.Pod, path: str, config: KubeletConfig, pod_ips: Sequence[str]) -> str:
    """Read one field of the pod, of its node or of its addresses.

    Raises:
        InvalidArgument: containers can't ask for this field.
    """
    subscript = _SUBSCRIPT.fullmatch(path)
    if subscript is not None:
        values = getattr(pod.metadata, subscript[1])
        return str(values.get(subscript[2], ""))
    ips = list(pod_ips) or ([config.host_ip] if pod.spec.host_network else [])
    fields = {
        "metadata.name": pod.metadata.name,
        "metadata.namespace": pod.metadata.namespace,
        "metadata.uid": pod.metadata.uid,
        "spec.nodeName": pod.spec.node_name or config.node_name,
        "spec.serviceAccountName": pod.spec.service_account_name,
        "status.hostIP": config.host_ip,
        "status.hostIPs": config.host_ip,
        "status.podIP": ips[0] if ips else "",
        "status.podIPs": ",".join(ips),
    }
    if path not in fields:
        raise errors.InvalidArgument(
            f"read field {path} of pod {pod.metadata.namespace}/{pod.metadata.name} for a"
            f" container: containers may ask for {', '.join(fields)}, metadata.labels['<key>'] and"
            " metadata.annotations['<key>']"
        )
    return fields[path]


def file_text(pod: v1.Pod, path: str, config: KubeletConfig) -> str:
    """Read what a file of a volume may hold; all labels or annotations are lines, by name.

    Raises:
        InvalidArgument: files can't have this field.
    """
    if path in {"metadata.labels", "metadata.annotations"}:
        values = getattr(pod.metadata, path.removeprefix("metadata."))
        return "\n".join(f"{key}={_quoted(values[key])}" for key in sorted(values))
    return field_value(pod, path, config, ())


def _quoted(text: str) -> str:
    """Quote a value as Go does."""
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable():
        return char
    code = ord(char)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def resource_value(
    pod: v1.Pod, own: str, selector: v1.ResourceFieldSelector, config: KubeletConfig
) -> str:
    """Read a request or limit in units of the divisor, rounded up; an unset limit is the node's.

    Raises:
        InvalidArgument: no such container, resource or divisor.
    """
    container = _container(pod, selector.container_name or own)
    side, _, resource = selector.resource.partition(".")
    if side not in {"limits", "requests"} or not _is_known(resource):
        raise errors.InvalidArgument(
            f"read resource {selector.resource} of container {container.name}: it is limits. or"
            " requests. with cpu, memory, ephemeral-storage or hugepages-<size>"
        )
    amount = getattr(container.resources, side).get(resource)
    if amount is None and side == "limits":
        said = totals.own(pod)
        amount = said.limits.get(resource) if said is not None else None
        amount = amount or _of_node(resource, config)
    return str(_divided(amount or "0", selector.divisor or "1", in_milli=resource == "cpu"))


def _container(pod: v1.Pod, name: str) -> v1.Container:
    for container in (*pod.spec.containers, *pod.spec.init_containers):
        if container.name == name:
            return container
    raise errors.InvalidArgument(
        f"read resources of container {name}: pod"
        f" {pod.metadata.namespace}/{pod.metadata.name} has no such container"
    )


def _is_known(resource: str) -> bool:
    return resource in {"cpu", "memory", "ephemeral-storage"} or resource.startswith("hugepages-")


def _of_node(resource: str, config: KubeletConfig) -> str:
    if resource == "cpu":
        return f"{config.cpu_capacity_millicpu}m"
    if resource == "ephemeral-storage":
        return str(config.storage_capacity_bytes)
    return str(config.memory_capacity_bytes) if resource == "memory" else "0"


def _divided(amount: str, divisor: str, *, in_milli: bool) -> int:
    read = amounts.milli if in_milli else amounts.units
    unit = read(divisor if divisor != "0" else "1")
    return -(-read(amount) // unit)
