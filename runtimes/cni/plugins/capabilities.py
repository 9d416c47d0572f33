"""The arguments that plugins get at run time, by capability. Pure.

Source: the CNI project's CONVENTIONS.md; kubelet's cni.go, buildCNIRuntimeConf.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.cni import bandwidth
from runtimes.cni.plugins.config import capabilities

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runtimes.cni.network import AttachRequest, PortMapping
    from runtimes.cni.plugins.config import JsonObject

_NO_BURST_LIMIT = 2**31 - 1


def arguments(request: AttachRequest, pod_cidr: str) -> JsonObject:
    """Collect everything that this pod has to say; each plugin gets what it declares.

    Raises:
        InvalidArgument: a bandwidth annotation makes no sense.
    """
    collected = {
        "bandwidth": _bandwidth(request),
        "dns": _dns(request),
        "io.kubernetes.cri.pod-annotations": dict(request.annotations),
    }
    known = lost_arguments(request.port_mappings, pod_cidr)
    return known | {name: value for name, value in collected.items() if value}


def lost_arguments(mappings: Iterable[PortMapping], pod_cidr: str) -> JsonObject:
    """Collect what there is to say of a pod whose record was lost."""
    ports = _port_mappings(mappings)
    ranges = {"ipRanges": [[{"subnet": pod_cidr}]]} if pod_cidr else {}
    return ({"portMappings": ports} if ports else {}) | ranges


def runtime_config(plugin: JsonObject, available: JsonObject) -> JsonObject:
    """Choose those of the arguments that the plugin's settings declare."""
    declared = capabilities(plugin)
    return {name: value for name, value in available.items() if name in declared}


def _port_mappings(mappings: Iterable[PortMapping]) -> list[JsonObject]:
    return [
        {
            "hostPort": mapping.host_port,
            "containerPort": mapping.container_port,
            "protocol": mapping.protocol.lower(),
            "hostIP": mapping.host_ip,
        }
        for mapping in mappings
        if mapping.host_port > 0
    ]


def _bandwidth(request: AttachRequest) -> JsonObject:
    limits = bandwidth.of(request)
    arguments: JsonObject = {}
    if limits.ingress_bps:
        arguments |= {"ingressRate": limits.ingress_bps, "ingressBurst": _NO_BURST_LIMIT}
    if limits.egress_bps:
        arguments |= {"egressRate": limits.egress_bps, "egressBurst": _NO_BURST_LIMIT}
    return arguments


def _dns(request: AttachRequest) -> JsonObject:
    if request.dns is None:
        return {}
    return {
        "servers": list(request.dns.servers),
        "searches": list(request.dns.searches),
        "options": list(request.dns.options),
    }
