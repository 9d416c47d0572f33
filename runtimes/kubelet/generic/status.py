"""GetPodStatus: everything that a CRI service has of one pod.

Two lists find the objects, then each is asked for; what vanishes in between is left out. An ended
container never changes again, so it is asked for once.

Source: kubelet pkg/kubelet/kuberuntime/kuberuntime_manager.go (GetPodStatus).
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from runtimes.core import errors, labels
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.pod.status import ContainerState, ContainerStatus, PodStatus, SandboxStatus
from runtimes.kubelet.generate.notes import read_annotations
from runtimes.kubelet.generic import convert
from runtimes.kubelet.status.termination_message import LastWords, termination_message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from runtimes.core.cri.services import CriService

Item = TypeVar("Item")
Fingerprint = frozenset[tuple[str, int]]


def fingerprint(
    sandboxes: Iterable[cri.PodSandbox], containers: Iterable[cri.Container]
) -> Fingerprint:
    """What changes whenever a pod does: ids with their states."""
    return frozenset(
        [(one.id, one.state) for one in sandboxes] + [(one.id, one.state) for one in containers]
    )


def list_pod(service: CriService, uid: str) -> tuple[list[cri.PodSandbox], list[cri.Container]]:
    """List one pod's sandboxes and containers."""
    selector = {labels.POD_UID: uid}
    sandboxes = service.list_pod_sandbox(cri.PodSandboxFilter(label_selector=selector))
    containers = service.list_containers(cri.ContainerFilter(label_selector=selector))
    return sandboxes, containers


class EndedContainers:
    """Statuses of ended containers by id, kept while they are listed. Thread-safe."""

    def __init__(self) -> None:
        self._by_pod: dict[str, dict[str, ContainerStatus]] = {}
        self._lock = threading.Lock()

    def of_pod(self, uid: str) -> dict[str, ContainerStatus]:
        with self._lock:
            return dict(self._by_pod.get(uid, {}))

    def keep(self, uid: str, statuses: Iterable[ContainerStatus]) -> None:
        """Replace what is kept of a pod."""
        ended = {one.id: one for one in statuses if one.state is ContainerState.EXITED}
        with self._lock:
            if ended:
                self._by_pod[uid] = ended
            else:
                self._by_pod.pop(uid, None)


def pod_status(
    service: CriService, who: tuple[str, str, str], cache: EndedContainers
) -> tuple[PodStatus, Fingerprint]:
    """Collect it, newest attempts first; `who` is uid, name and namespace."""
    uid, name, namespace = who
    listed_sandboxes, listed_containers = list_pod(service, uid)
    sandboxes = _present(_sandbox_status(service, one.id) for one in listed_sandboxes)
    sandboxes.sort(key=lambda one: (one.created_at_ns, one.attempt), reverse=True)
    known = cache.of_pod(uid)
    containers = _present(
        known.get(one.id) or container_status(service, one.id) for one in listed_containers
    )
    containers.sort(key=lambda one: (one.created_at_ns, one.restart_count), reverse=True)
    cache.keep(uid, containers)
    status = PodStatus(
        uid=uid,
        name=name,
        namespace=namespace,
        ips=sandboxes[0].ips if sandboxes and sandboxes[0].ready else (),
        containers=tuple(containers),
        sandboxes=tuple(sandboxes),
    )
    return status, fingerprint(listed_sandboxes, listed_containers)


def _present(items: Iterable[Item | None]) -> list[Item]:
    return [item for item in items if item is not None]


def _sandbox_status(service: CriService, sandbox_id: str) -> SandboxStatus | None:
    answer = _or_none(lambda: service.pod_sandbox_status(sandbox_id))
    return None if answer is None else convert.from_cri_sandbox_status(answer.status)


def container_status(service: CriService, container_id: str) -> ContainerStatus | None:
    """Ask for one container, its last words included; None when it is gone."""
    answer = _or_none(lambda: service.container_status(container_id))
    if answer is None:
        return None
    status = answer.status
    message = ""
    if status.state == cri.CONTAINER_EXITED:
        message = termination_message(_last_words(status))
    return convert.from_cri_container_status(status, message)


def _or_none(ask: Callable[[], Item]) -> Item | None:
    try:
        return ask()
    except errors.NotFound:
        return None


def _last_words(status: cri.ContainerStatus) -> LastWords:
    notes = read_annotations(status.annotations)
    path = notes.termination_message_path
    mounted = next(
        (mount.host_path for mount in status.mounts if path and mount.container_path == path), ""
    )
    return LastWords(
        file=Path(mounted) if mounted else None,
        log=Path(status.log_path) if status.log_path else None,
        policy=notes.termination_message_policy,
        exit_code=status.exit_code,
    )
