"""GetPods and GetPodStatus: what an Engine has of pods.

Source: kubelet 1.4 pkg/kubelet/dockertools/docker_manager.go (GetPods, GetPodStatus), convert.go.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.docker.interface import ListOptions
from runtimes.core.pod.status import (
    ContainerState,
    ContainerStatus,
    PodStatus,
    RunningPod,
    SandboxStatus,
)
from runtimes.docker_legacy.pod.spec import IMAGE
from runtimes.docker_legacy.pod.whose import Whose, whose
from runtimes.kubelet.generate.notes import SANDBOX_HASH, parse_hash, read_annotations
from runtimes.kubelet.status.termination_message import LastWords, termination_message

if TYPE_CHECKING:
    from runtimes.core.docker.interface import DockerInterface
    from runtimes.core.docker.types import ContainerInspect, ContainerSummary

_LISTED = {
    "created": ContainerState.CREATED,
    "running": ContainerState.RUNNING,
    "paused": ContainerState.RUNNING,
    "exited": ContainerState.EXITED,
    "dead": ContainerState.EXITED,
}
_SECOND = 1_000_000_000
Owned = tuple["ContainerSummary", Whose]


def owned(docker: DockerInterface, uid: str = "", *, include_exited: bool = True) -> list[Owned]:
    """List containers of pods, or of one pod, newest first; names of both generations count."""
    listed = docker.list_containers(ListOptions(all=include_exited))
    found = [
        (one, owner)
        for one in listed
        if (owner := whose(one["Names"][0] if one["Names"] else "", one["Labels"] or {}))
    ]
    return [(one, owner) for one, owner in found if uid in {"", owner.uid}]


def get_pods(docker: DockerInterface, *, include_exited: bool) -> list[RunningPod]:
    by_pod: dict[str, list[Owned]] = defaultdict(list)
    for one, owner in owned(docker, include_exited=include_exited):
        by_pod[owner.uid].append((one, owner))
    pods = [_pod(uid, members) for uid, members in by_pod.items()]
    return sorted(pods, key=lambda pod: (pod.created_at_ns, pod.uid), reverse=True)


def _pod(uid: str, members: list[Owned]) -> RunningPod:
    first = members[0][1]
    infra = [one for one, owner in members if owner.is_infra]
    return RunningPod(
        uid=uid,
        name=first.pod,
        namespace=first.namespace,
        created_at_ns=min(one["Created"] for one, _ in members) * _SECOND,
        containers=tuple(_listed(*member) for member in members if not member[1].is_infra),
        sandboxes=tuple(_listed_infra(*member) for member in members if member[1].is_infra),
        labels=dict(infra[0]["Labels"]) if infra else {},
    )


def _listed(one: ContainerSummary, owner: Whose) -> ContainerStatus:
    return ContainerStatus(
        id=one["Id"],
        name=owner.container,
        state=_LISTED.get(one["State"], ContainerState.UNKNOWN),
        created_at_ns=one["Created"] * _SECOND,
        image=one["Image"],
        image_ref=one["ImageID"],
        hash=owner.hash,
        restart_count=owner.attempt,
    )


def _listed_infra(one: ContainerSummary, owner: Whose) -> SandboxStatus:
    return SandboxStatus(
        id=one["Id"],
        attempt=owner.attempt,
        ready=one["State"] == "running",
        created_at_ns=one["Created"] * _SECOND,
    )


def pod_status(docker: DockerInterface, uid: str, name: str, namespace: str) -> PodStatus:
    """Inspect everything of one pod; what vanishes meanwhile is left out."""
    containers: list[ContainerStatus] = []
    sandboxes: list[SandboxStatus] = []
    for one, owner in owned(docker, uid):
        try:
            found = docker.inspect_container(one["Id"])
        except errors.NotFound:
            continue
        if owner.is_infra:
            sandboxes.append(infra_status(found, owner))
        else:
            containers.append(container_status(found, owner))
    containers.sort(key=lambda one: (one.created_at_ns, one.restart_count), reverse=True)
    sandboxes.sort(key=lambda one: (one.created_at_ns, one.attempt), reverse=True)
    return PodStatus(
        uid=uid,
        name=name,
        namespace=namespace,
        ips=sandboxes[0].ips if sandboxes and sandboxes[0].ready else (),
        containers=tuple(containers),
        sandboxes=tuple(sandboxes),
    )


def infra_status(found: ContainerInspect, owner: Whose) -> SandboxStatus:
    on_host = found["HostConfig"].get("NetworkMode") == "host"
    return SandboxStatus(
        id=found["Id"],
        attempt=owner.attempt,
        ready=found["State"]["Running"],
        created_at_ns=nanoseconds(found["Created"]),
        host_network=on_host,
        ips=() if on_host else addresses(found),
        hash=parse_hash((found["Config"].get("Labels") or {}).get(SANDBOX_HASH, "")),
    )


def addresses(found: ContainerInspect) -> tuple[str, ...]:
    """Of the Engine's own network, IPv4 first."""
    network = found["NetworkSettings"]
    given = (network.get("IPAddress"), network.get("GlobalIPv6Address"))
    return tuple(ip for ip in given if ip)


def container_status(found: ContainerInspect, owner: Whose) -> ContainerStatus:
    state = state_of(found)
    ended = state is ContainerState.EXITED
    config = found["Config"]
    return ContainerStatus(
        id=found["Id"],
        name=owner.container,
        state=state,
        created_at_ns=nanoseconds(found["Created"]),
        started_at_ns=nanoseconds(found["State"]["StartedAt"]),
        finished_at_ns=nanoseconds(found["State"]["FinishedAt"]) if ended else 0,
        exit_code=found["State"]["ExitCode"] if ended else 0,
        image=config.get("Labels", {}).get(IMAGE) or config.get("Image", ""),
        image_ref=found["Image"],
        hash=owner.hash,
        restart_count=owner.attempt,
        reason=_reason(found) if ended else "",
        message=_message(found) if ended else "",
        log_path=found["LogPath"],
    )


def state_of(found: ContainerInspect) -> ContainerState:
    """Derive it from facts; what failed to start has ended."""
    state = found["State"]
    if state["Running"]:
        return ContainerState.RUNNING
    if nanoseconds(state["FinishedAt"]) or state["ExitCode"]:
        return ContainerState.EXITED
    if state.get("Status") == "created":
        return ContainerState.CREATED
    return ContainerState.UNKNOWN


def _reason(found: ContainerInspect) -> str:
    state = found["State"]
    if state["OOMKilled"]:
        return "OOMKilled"
    if state["ExitCode"] == 0:
        return "Completed"
    return "Error" if nanoseconds(state["FinishedAt"]) else "ContainerCannotRun"


def _message(found: ContainerInspect) -> str:
    notes = read_annotations(found["Config"].get("Labels") or {})
    path = notes.termination_message_path
    file = next(
        (mount["Source"] for mount in found["Mounts"] if path and mount["Destination"] == path), ""
    )
    words = LastWords(
        file=Path(file) if file else None,
        log=Path(found["LogPath"]) if found["LogPath"] else None,
        policy=notes.termination_message_policy,
        exit_code=found["State"]["ExitCode"],
    )
    return ": ".join(text for text in (found["State"]["Error"], termination_message(words)) if text)


def nanoseconds(text: str) -> int:
    """Since the epoch, of an Engine's RFC3339 text; 0 for its year 1."""
    if not text or text.startswith("0001-"):
        return 0
    whole, _, rest = text.partition(".")
    fraction = "".join(character for character in rest[:9] if character.isdigit())
    zone = "+00:00" if text.endswith("Z") else text[-6:]
    moment = datetime.fromisoformat(whole.removesuffix("Z")[:19] + zone)
    return int(moment.timestamp()) * _SECOND + int(fraction.ljust(9, "0") or 0)
