"""Start one container: image, settings, create, start, hook, link to its log.

Source: kubelet 1.4 pkg/kubelet/dockertools/docker_manager.go (tryContainerStart,
runContainerInPod).
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.names import legacy_log_link
from runtimes.core.pod.status import ContainerState, PodStatus
from runtimes.core.pod.sync import Reason
from runtimes.docker_legacy.pod import spec
from runtimes.docker_legacy.pod.images import PodImages
from runtimes.docker_legacy.pod.kill import Stop, hook_target, stop_container
from runtimes.docker_legacy.pod.status import IMAGE
from runtimes.docker_legacy.pod.whose import OWNER
from runtimes.kubelet import layout
from runtimes.kubelet.actions.model import KillReason
from runtimes.kubelet.events import EventReason
from runtimes.kubelet.generate.container import (
    ContainerInputs,
    container_config,
    container_environment,
)
from runtimes.kubelet.generic import pod_files
from runtimes.kubelet.hooks.run import run_hook
from runtimes.kubelet.oserrors import translated
from runtimes.kubelet.sync.grace import plan_of
from runtimes.kubelet.sync.image import ImageWants, ensure_image
from runtimes.kubelet.sync.steps import StepFailed
from runtimes.kubelet.volumes.mounts import file_mount, volume_mounts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.core.pod import v1
    from runtimes.core.pod.status import RegistryAuth
    from runtimes.docker_legacy.pod.node import DockerNode
    from runtimes.kubelet.generate.security import ImageFacts


@dataclass(frozen=True, slots=True)
class Infra:
    """A running infra container and what its pod's containers need of it."""

    id: str
    config: cri.PodSandboxConfig
    ips: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """One container's start; `status` is the pod's before this sync."""

    node: DockerNode
    pod: v1.Pod
    container: v1.Container | v1.EphemeralContainer
    infra: Infra
    volumes: Mapping[str, Path]
    status: PodStatus
    auths: Sequence[RegistryAuth] = ()


def start_container(start: Start) -> str:
    """Do it and return the container's id.

    Raises:
        StepFailed: with the reason that users know.
    """
    node, container = start.node, start.container
    wants = ImageWants(start.pod, node.image_backoff, node.around.record)
    image = ensure_image(container, PodImages(node.docker, start.auths), wants)
    with _reason(start, Reason.CREATE_CONTAINER_CONFIG_ERROR):
        config = _config(start, image)
        options = spec.container(
            config, (start.infra.id, start.infra.config), node.random(), node.facts.host()
        )
    with _reason(start, Reason.CREATE_CONTAINER_ERROR):
        container_id = node.docker.create_container(options)["Id"]
    _tell(start, EventReason.CREATED, f"Created container {container.name}")
    with _reason(start, Reason.RUN_CONTAINER_ERROR):
        node.docker.start_container(container_id)
    _tell(start, EventReason.STARTED, f"Started container {container.name}")
    _link_log(start, container_id)
    _post_start(start, container_id)
    return container_id


@contextmanager
def _reason(start: Start, reason: Reason) -> Iterator[None]:
    try:
        with translated(f"start container {start.container.name}"):
            yield
    except errors.Error as error:
        _tell(start, EventReason.FAILED, f"Error: {error}", warning=True)
        raise StepFailed(reason, str(error)) from error


def _tell(start: Start, reason: EventReason, message: str, *, warning: bool = False) -> None:
    start.node.tell(start.pod, reason, message, container=start.container.name, warning=warning)


def _config(start: Start, image: ImageFacts) -> cri.ContainerConfig:
    node, pod, container = start.node, start.pod, start.container
    inputs = ContainerInputs(
        config=node.config,
        attempt=_next_attempt(start),
        image=image,
        pod_ips=start.infra.ips,
        objects=node.around.objects,
        target_id=_target_id(start),
    )
    mounts = _mounts(start, layout.pod_folders(node.config, pod), inputs)
    config = container_config(pod, container, replace(inputs, mounts=tuple(mounts)))
    config.annotations[OWNER] = str(node.config.root)
    config.annotations[IMAGE] = container.image
    return config


def _next_attempt(start: Start) -> int:
    """One more than the newest; an attempt that never started is taken back and made anew."""
    latest = start.status.latest(start.container.name)
    if latest is None:
        return 0
    if latest.state is ContainerState.CREATED:
        start.node.docker.remove_container(latest.id, force=True)
        return latest.restart_count
    return latest.restart_count + 1


def _target_id(start: Start) -> str:
    name = getattr(start.container, "target_container_name", "")
    latest = start.status.latest(name) if name else None
    if name and (latest is None or latest.state is not ContainerState.RUNNING):
        raise errors.FailedPrecondition(
            f"target container {name} of ephemeral container {start.container.name} isn't running"
        )
    return latest.id if latest else ""


def _mounts(start: Start, folders: layout.PodFolders, inputs: ContainerInputs) -> list[cri.Mount]:
    pod, container = start.pod, start.container
    variables: Mapping[str, str] = {}
    if any(mount.sub_path_expr for mount in container.volume_mounts):
        variables = container_environment(pod, container, inputs)
    mounts = volume_mounts(container, start.volumes, folders, variables)
    if pod_files.wants_hosts_file(pod, container, start.infra.ips):
        path = pod_files.write_hosts_file(pod, folders, start.infra.ips, start.node.config)
        mounts.append(file_mount(path, pod_files.HOSTS))
    if container.termination_message_path:
        log = pod_files.make_termination_log(folders, container.name, inputs.attempt)
        mounts.append(file_mount(log, container.termination_message_path))
    return mounts


def _post_start(start: Start, container_id: str) -> None:
    """Run the hook; a container whose hook fails has to go."""
    container = start.container
    hook = container.lifecycle.post_start if container.lifecycle else None
    if hook is None:
        return
    try:
        run_hook(hook, hook_target(start.node, container, container_id, start.infra.ips))
    except errors.Error as error:
        message = f"PostStartHook failed: {error}"
        _tell(start, EventReason.FAILED_POST_START_HOOK, message, warning=True)
        plan = plan_of(start.pod, container, KillReason.POST_START_HOOK)
        uid = start.pod.metadata.uid
        stop_container(start.node, Stop(uid=uid, id=container_id, container=container, plan=plan))
        raise StepFailed(Reason.POST_START_HOOK_ERROR, message) from error


def _link_log(start: Start, container_id: str) -> None:
    """Link the log where log shippers look for it; it is no failure when that can't be."""
    root = start.node.config.log_links
    if root is None:
        return
    meta = start.pod.metadata
    link = legacy_log_link(meta.name, meta.namespace, start.container.name, container_id, root=root)
    target = start.node.docker.inspect_container(container_id)["LogPath"]
    try:
        root.mkdir(mode=0o755, parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(target)
    except OSError as error:
        message = f"link log {link}: {error.strerror}"
        _tell(start, EventReason.FAILED, message, warning=True)
