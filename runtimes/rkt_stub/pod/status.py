"""GetPods and GetPodStatus: one `rkt list` tells all.

Source: kubelet 1.4 pkg/kubelet/rkt/rkt.go (GetPods, GetPodStatus).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from runtimes.core import labels
from runtimes.core.pod.status import PodStatus, RunningPod
from runtimes.rkt_stub.pod.incarnation import Incarnation, incarnations

if TYPE_CHECKING:
    from runtimes.rkt_stub.pod.node import RktNode


def get_pods(node: RktNode, *, include_exited: bool) -> list[RunningPod]:
    by_pod: dict[str, list[Incarnation]] = defaultdict(list)
    for one in incarnations(node.rkt, node.config.root):
        if one.running or include_exited:
            by_pod[one.uid].append(one)
    pods = [_pod(members) for members in by_pod.values()]
    return sorted(pods, key=lambda pod: (pod.created_at_ns, pod.uid), reverse=True)


def _pod(members: list[Incarnation]) -> RunningPod:
    newest = members[0]
    return RunningPod(
        uid=newest.uid,
        name=newest.notes.get(labels.POD_NAME, ""),
        namespace=newest.notes.get(labels.POD_NAMESPACE, ""),
        created_at_ns=min(one.created_at_ns for one in members),
        containers=tuple(status for one in members for status in one.containers()),
        sandboxes=tuple(one.sandbox for one in members),
        labels=dict(newest.notes),
    )


def pod_status(node: RktNode, uid: str, name: str, namespace: str) -> PodStatus:
    found = [one for one in incarnations(node.rkt, node.config.root, uid) if not one.prepared]
    sandboxes = tuple(one.sandbox for one in found)
    return PodStatus(
        uid=uid,
        name=name,
        namespace=namespace,
        ips=sandboxes[0].ips if sandboxes else (),
        containers=tuple(status for one in found for status in one.containers(messages=True)),
        sandboxes=sandboxes,
    )
