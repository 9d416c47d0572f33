"""A node of DockerManager's, and pods for it."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runtimes.contract.testimage.busybox import BUSYBOX
from runtimes.core.pod import v1
from runtimes.core.pod.backoff import Backoff

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.core.pod.status import PodStatus, RegistryAuth
    from runtimes.docker_legacy.pod.manager import DockerManager
    from runtimes.kubelet.config import KubeletConfig

PATIENCE = 40.0


@dataclass
class Node:
    manager: DockerManager
    config: KubeletConfig
    removed: set[str] = field(default_factory=set)

    def status(self, pod: v1.Pod) -> PodStatus:
        meta = pod.metadata
        return self.manager.get_pod_status(meta.uid, meta.name, meta.namespace)

    def sync(
        self, pod: v1.Pod, done: Callable[[PodStatus], bool], auths: tuple[RegistryAuth, ...] = ()
    ) -> PodStatus:
        """Drive it without back-off until `done`."""
        end = time.monotonic() + PATIENCE
        while not done(status := self.status(pod)):
            result = self.manager.sync_pod(pod, status, auths, Backoff())
            assert time.monotonic() < end, (status, result)
        return status

    def remove(self, pod: v1.Pod) -> None:
        for one in self.manager.get_pods(include_exited=True):
            if one.uid == pod.metadata.uid:
                self.manager.kill_pod(pod, one, 0)
                self.manager.remove_pod(one)


def pod_of(
    script: str,
    *,
    image: str = BUSYBOX,
    pull: str = "Never",
    security: v1.SecurityContext | None = None,
    lifecycle: v1.Lifecycle | None = None,
) -> v1.Pod:
    container = v1.Container(
        name="app",
        image=image,
        image_pull_policy=pull,
        command=("sh", "-c", script),
        security_context=security,
        lifecycle=lifecycle,
    )
    uid = secrets.token_hex(8)
    return v1.Pod(
        metadata=v1.ObjectMeta(name=f"pod-{uid}", namespace="default", uid=uid),
        spec=v1.PodSpec(
            containers=(container,),
            dns_policy="ClusterFirst",
            restart_policy="Always",
            security_context=v1.PodSecurityContext(),
            termination_grace_period_seconds=0,
        ),
    )


def runs_after(attempts: int) -> Callable[[PodStatus], bool]:
    return lambda status: runs(status) and len(status.containers) > attempts


def runs(status: PodStatus) -> bool:
    latest = status.latest("app")
    return latest is not None and latest.state.value == "running"


def containers_of(node: Node, pod: v1.Pod) -> list[str]:
    return [one.id for one in node.status(pod).containers]
