"""Start one container: image, config, create, start.

Source: kubelet pkg/kubelet/kuberuntime/kuberuntime_container.go (startContainer).
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.names import legacy_log_link
from runtimes.core.pod import v1
from runtimes.core.pod.status import ContainerState, ContainerStatus, PodStatus
from runtimes.core.pod.sync import Reason
from runtimes.kubelet import layout
from runtimes.kubelet.actions.model import ContainerKill, KillReason
from runtimes.kubelet.events import EventReason
from runtimes.kubelet.generate.container import (
    ContainerInputs,
    container_config,
    container_environment,
)
from runtimes.kubelet.generic import pod_cgroup, pod_files
from runtimes.kubelet.generic.kill import kill_container
from runtimes.kubelet.generic.node import OWNER
from runtimes.kubelet.generic.stop import hook_target
from runtimes.kubelet.hooks.run import run_hook
from runtimes.kubelet.oserrors import translated
from runtimes.kubelet.sync.image import ImageWants, ensure_image
from runtimes.kubelet.sync.steps import StepFailed
from runtimes.kubelet.volumes.mounts import file_mount, volume_mounts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from runtimes.core.pod.status import RegistryAuth
    from runtimes.kubelet.generate.security import ImageFacts
    from runtimes.kubelet.generic.containers import Sandbox
    from runtimes.kubelet.generic.node import Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """One container's start.

    Attributes:
        volumes: host paths, or images to mount, by volume name.
        status: of the pod before this sync.
    """

    node: Node
    pod: v1.Pod
    container: v1.Container | v1.EphemeralContainer
    sandbox: Sandbox
    volumes: Mapping[str, Path | cri.ImageSpec]
    status: PodStatus
    auths: Sequence[RegistryAuth] = ()


def start_container(start: Start) -> str:
    """Do it and return the container's id.

    Raises:
        StepFailed: with the reason that users know.
    """
    node, container = start.node, start.container
    image = _ensure(start, container)
    volumes = {**start.volumes, **_image_volumes(start)}
    with _reason(start, Reason.CREATE_CONTAINER_CONFIG_ERROR):
        config = _config(replace(start, volumes=volumes), image)
    with _reason(start, Reason.CREATE_CONTAINER_ERROR):
        container_id = node.containers.create(start.pod, config, start.sandbox)
    _tell(start, EventReason.CREATED, f"Created container: {container.name}")
    # Before, as v1 lets no container have more than its pod, which may have been given more by
    # now; and after, as some runtimes make the pod's cgroup with its first container.
    pod_cgroup.limit(start.pod, start.sandbox.config, node.config)
    with _reason(start, Reason.RUN_CONTAINER_ERROR, container_id):
        node.containers.start(container_id)
    pod_cgroup.limit(start.pod, start.sandbox.config, node.config)
    pod_cgroup.weigh(start.pod, start.sandbox.config)
    _tell(start, EventReason.STARTED, f"Started container {container.name}")
    _link_log(start, config, container_id)
    _post_start(start, container_id)
    return container_id


def _post_start(start: Start, container_id: str) -> None:
    """Run the hook; a container whose hook fails has to go."""
    lifecycle = start.container.lifecycle
    if lifecycle is None or lifecycle.post_start is None:
        return
    node, pod, container = start.node, start.pod, start.container
    try:
        run_hook(
            lifecycle.post_start, hook_target(node, container, container_id, start.sandbox.ips)
        )
    except errors.Error as error:
        message = f"PostStartHook failed: {error}"
        node.warn(pod, EventReason.FAILED_POST_START_HOOK, message, container=container.name)
        kill_container(
            node,
            pod,
            ContainerKill(
                id=container_id,
                name=container.name,
                container=container,
                message=f"Stopping container {container.name}: its postStart hook failed",
                reason=KillReason.POST_START_HOOK,
            ),
        )
        raise StepFailed(Reason.POST_START_HOOK_ERROR, message) from error


def _ensure(start: Start, container: v1.Container | v1.EphemeralContainer) -> ImageFacts:
    node = start.node
    images = node.containers.images(start.auths, start.sandbox)
    wants = ImageWants(start.pod, node.image_backoff, node.around.record)
    try:
        return ensure_image(container, images, wants)
    except StepFailed as error:
        name = start.container.name
        node.warn(start.pod, EventReason.FAILED, f"Error: {error.reason}", container=name)
        raise


def _image_volumes(start: Start) -> dict[str, cri.ImageSpec]:
    """Have the images here that the container mounts."""
    mounted = {mount.name for mount in start.container.volume_mounts}
    found: dict[str, cri.ImageSpec] = {}
    for volume in start.pod.spec.volumes:
        if volume.image is not None and volume.name in mounted:
            source = volume.image
            asked = v1.Container(
                name=start.container.name,
                image=source.reference,
                image_pull_policy=source.pull_policy,
            )
            ref = _ensure(start, asked).ref
            found[volume.name] = cri.ImageSpec(image=ref, user_specified_image=source.reference)
    return found


@contextmanager
def _reason(start: Start, reason: Reason, container_id: str = "") -> Iterator[None]:
    """Give an error its reason, and tell of it; people know the container by its name."""
    try:
        with translated(f"start container {start.container.name}"):
            yield
    except errors.Error as error:
        name, why = start.container.name, str(error)
        told = why.replace(container_id, name) if container_id else why
        start.node.warn(start.pod, EventReason.FAILED, f"Error: {told}", container=name)
        raise StepFailed(reason, why) from error


def _tell(start: Start, reason: EventReason, message: str) -> None:
    start.node.tell(start.pod, reason, message, container=start.container.name)


def _config(start: Start, image: ImageFacts) -> cri.ContainerConfig:
    node, pod, container = start.node, start.pod, start.container
    folders = layout.pod_folders(node.config, pod)
    attempt = _next_attempt(start, folders)
    inputs = ContainerInputs(
        config=node.config,
        attempt=attempt,
        image=image,
        pod_ips=start.sandbox.ips,
        objects=node.around.objects,
        target_id=_target_id(start),
    )
    mounts = _mounts(start, folders, inputs)
    config = container_config(pod, container, replace(inputs, mounts=tuple(mounts)))
    config.annotations[OWNER] = str(node.config.root)
    return config


def _next_attempt(start: Start, folders: layout.PodFolders) -> int:
    """One more than the newest; an attempt that never started is taken back and made anew."""
    name = start.container.name
    latest = start.status.latest(name)
    if latest is None:
        left = pod_files.last_attempt_in_logs(folders.container_logs(name))
        return 0 if left is None else left + 1
    if latest.state is ContainerState.CREATED:
        start.node.containers.remove(latest.id)
        return latest.restart_count
    return latest.restart_count + 1


def _target_id(start: Start) -> str:
    if not isinstance(start.container, v1.EphemeralContainer):
        return ""
    target = start.container.target_container_name
    if not target:
        return ""
    latest: ContainerStatus | None = start.status.latest(target)
    if latest is None or latest.state is not ContainerState.RUNNING:
        raise errors.FailedPrecondition(
            f"target container {target} of ephemeral container {start.container.name} isn't running"
        )
    return latest.id


def _mounts(start: Start, folders: layout.PodFolders, inputs: ContainerInputs) -> list[cri.Mount]:
    pod, container = start.pod, start.container
    variables: Mapping[str, str] = {}
    if any(mount.sub_path_expr for mount in container.volume_mounts):
        variables = container_environment(pod, container, inputs)
    mounts = volume_mounts(container, start.volumes, folders, variables)
    ips = start.sandbox.ips
    if pod_files.wants_hosts_file(pod, container, ips):
        path = pod_files.write_hosts_file(pod, folders, ips, start.node.config)
        mounts.append(file_mount(path, pod_files.HOSTS))
    if container.termination_message_path:
        log = pod_files.make_termination_log(folders, container.name, inputs.attempt)
        mounts.append(file_mount(log, container.termination_message_path))
    return mounts


def _link_log(start: Start, config: cri.ContainerConfig, container_id: str) -> None:
    """Link the log where log shippers look for it; it is no failure when that can't be."""
    root = start.node.config.log_links
    if root is None:
        return
    meta = start.pod.metadata
    link = legacy_log_link(meta.name, meta.namespace, start.container.name, container_id, root=root)
    try:
        target = start.node.containers.log_file(start.pod, config, container_id)
        root.mkdir(mode=0o755, parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(target)
    except OSError as error:
        why = error.strerror
    except errors.Error as error:
        why = str(error)
    else:
        return
    start.node.warn(start.pod, EventReason.FAILED, f"link log {link}: {why}")
