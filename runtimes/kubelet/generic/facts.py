"""What a CRI service tells of itself and of all its containers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import labels
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.pod.status import (
    ContainerUsage,
    NetworkUsage,
    RuntimeCondition,
    RuntimeVersion,
)
from runtimes.kubelet.generic import convert

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.core.cri.services import CriService

KUBELET_API = "0.1.0"
_ANY = cri.PodSandboxStatsFilter()


def version(service: CriService) -> RuntimeVersion:
    answer = service.version(KUBELET_API)
    return RuntimeVersion(answer.runtime_name, answer.runtime_version, answer.runtime_api_version)


def conditions(service: CriService) -> tuple[RuntimeCondition, ...]:
    return tuple(
        RuntimeCondition(one.type, one.status, one.reason, one.message)
        for one in service.status().status.conditions
    )


def usage(service: CriService) -> list[ContainerUsage]:
    """Of the containers of pods; what someone else runs there is left out."""
    stats = service.list_container_stats()
    return [convert.from_cri_stats(one) for one in stats if labels.POD_UID in one.attributes.labels]


def network_usage(service: CriService) -> list[NetworkUsage]:
    """Of the pods that have a network of their own.

    The filter is empty and yet there: containerd 1.6 then passes over what isn't ready, where
    without one it refuses to answer at all.

    Raises:
        Unimplemented: the service doesn't count it.
    """
    found = map(convert.from_cri_network, service.list_pod_sandbox_stats(_ANY))
    return [one for one in found if one.pod_uid and one.interfaces]


def changed_pods(service: CriService) -> Iterator[str]:
    """Yield the uid of each pod in which something changed."""
    for event in service.get_container_events():
        uid = event.pod_sandbox_status.metadata.uid
        if uid:
            yield uid
