"""Run the next rkt pod of a pod: images, manifest, prepare, run, wait until it is ready.

    prepare    rkt makes the pod; who it is stands in its manifest
    launch     our plan is on disk before the supervisor starts
    ready      asked of rkt, which knows

Killed in between it leaves a prepared pod, which the next sync launches if its plan is on disk and
removes if not, or one that runs, which the next look finds.

Source: kubelet 1.4 pkg/kubelet/rkt/rkt.go (RunPod, preparePod).
"""

from __future__ import annotations

import json
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import errors, labels
from runtimes.core.names import container_log
from runtimes.kubelet import layout
from runtimes.kubelet.events import EventReason
from runtimes.kubelet.generate.container import (
    ContainerInputs,
    container_config,
    container_environment,
)
from runtimes.kubelet.generate.sandbox import sandbox_config
from runtimes.kubelet.generic import pod_files
from runtimes.kubelet.oserrors import translated
from runtimes.kubelet.sync.image import ImageWants, ensure_image
from runtimes.kubelet.volumes.mounts import file_mount, volume_mounts
from runtimes.rkt_stub import security
from runtimes.rkt_stub.launch.unit import Unit, complaint, ended, saved, supervised
from runtimes.rkt_stub.network import on_host, pod_network
from runtimes.rkt_stub.pod.asked import ASKED, asked_hash
from runtimes.rkt_stub.pod.images import PodImages
from runtimes.rkt_stub.pod.incarnation import ATTEMPT, HOST_NETWORK, LAST_WORDS, OWNER, folder_of
from runtimes.rkt_stub.pod.manifest import IMAGE, LOG, Wanted, pod_manifest
from runtimes.rkt_stub.pod.remove import remove_incarnation
from runtimes.rkt_stub.program import prepare, run_prepared
from runtimes.rkt_stub.program.list import find_pod
from runtimes.rkt_stub.program.status import wait_ready
from runtimes.rkt_stub.stop import stop_pod

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.core.pod import v1
    from runtimes.core.pod.status import PodStatus, RegistryAuth
    from runtimes.kubelet.generate.security import ImageFacts
    from runtimes.rkt_stub.pod.node import RktNode

READY_SECONDS = 60.0
_GLANCE = 1.0
_PAUSE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """One rkt pod's start; `status` is the pod's before this sync."""

    node: RktNode
    pod: v1.Pod
    containers: Sequence[v1.Container]
    volumes: Mapping[str, Path]
    status: PodStatus
    auths: Sequence[RegistryAuth] = ()

    @property
    def attempt(self) -> int:
        return max((one.attempt for one in self.status.sandboxes), default=-1) + 1


def wanted_of(start: Start, container: v1.Container) -> Wanted:
    """Have its image here and say what to run.

    Raises:
        StepFailed: the image can't be had.
        Error: the container's settings can't.
    """
    node = start.node
    wants = ImageWants(start.pod, node.image_backoff, node.around.record)
    facts = ensure_image(container, PodImages(node.images, start.auths), wants)
    image = node.images.find(facts.ref)
    if image is None:
        raise errors.ImageNotFound(f"run container {container.name}: image {facts.ref} is gone")
    config = _config(start, container, facts)
    security.check(container.name, config)
    return Wanted(config, image)


def _config(start: Start, container: v1.Container, facts: ImageFacts) -> cri.ContainerConfig:
    node, pod = start.node, start.pod
    latest = start.status.latest(container.name)
    attempt = 0 if latest is None else latest.restart_count + 1
    inputs = ContainerInputs(
        config=node.config, attempt=attempt, image=facts, objects=node.around.objects
    )
    folders = layout.pod_folders(node.config, pod)
    variables: Mapping[str, str] = {}
    if any(mount.sub_path_expr for mount in container.volume_mounts):
        variables = container_environment(pod, container, inputs)
    mounts = volume_mounts(container, start.volumes, folders, variables)
    words: Path | None = None
    if container.termination_message_path:
        words = pod_files.make_termination_log(folders, container.name, attempt)
        mounts.append(file_mount(words, container.termination_message_path))
    config = container_config(pod, container, replace(inputs, mounts=tuple(mounts)))
    log = folders.logs / container_log(container.name, attempt)
    config.annotations[LOG] = str(log)
    config.annotations[IMAGE] = container.image
    config.annotations[LAST_WORDS] = str(words or "")
    return config


def run_pod(start: Start, wanted: Sequence[Wanted]) -> str:
    """Do it and return the rkt pod's UUID.

    Raises:
        Error: it doesn't run; nothing of it is left that rkt lets go.
    """
    node = start.node
    _refuse_runtime_class(start.pod)
    sandbox = sandbox_config(
        start.pod, start.attempt, node.config, node_resolver=node.resolver(), systemd=False
    )
    security.check_pod(sandbox)
    meta = start.pod.metadata
    with translated(f"run pod {meta.namespace}/{meta.name}"):
        uuid = _prepare(start, sandbox, wanted)
        try:
            node.launcher.start(_unit(start, sandbox, uuid, wanted))
            _wait_ready(node, uuid)
        except (errors.Error, OSError):
            _undo(node, uuid)
            raise
    for one in wanted:
        name = one.config.metadata.name
        node.tell(start.pod, EventReason.STARTED, f"Started container {name}", container=name)
    return uuid


def _undo(node: RktNode, uuid: str) -> None:
    """What can't be taken back now is rkt's, which tells of it to the next look."""
    with suppress(errors.Error, OSError):
        stop_pod(node.rkt, uuid, 0)
        remove_incarnation(node, uuid)


def resume(node: RktNode, uuid: str) -> bool:
    """Launch a prepared pod whose plan is on disk, be it for the second time; False without one."""
    unit = saved(folder_of(node.config.root, uuid), _name(uuid))
    if unit is None or ended(unit.folder) is not None:
        return False
    node.launcher.start(unit)
    _wait_ready(node, uuid)
    return True


def _name(uuid: str) -> str:
    return f"k8s_{uuid}"


def _refuse_runtime_class(pod: v1.Pod) -> None:
    """In this era there were none."""
    wanted = pod.spec.runtime_class_name
    if wanted:
        raise errors.Unimplemented(f"run the pod by runtime class '{wanted}': rkt has none")


def _prepare(start: Start, sandbox: cri.PodSandboxConfig, wanted: Sequence[Wanted]) -> str:
    meta = start.pod.metadata
    notes = {
        **labels.of_pod(meta.name, meta.namespace, meta.uid),
        OWNER: str(start.node.config.root),
        ATTEMPT: str(start.attempt),
        HOST_NETWORK: str(on_host(sandbox)).lower(),
        ASKED: f"{asked_hash(start.pod):x}",
    }
    groups = [_group(one) for one in wanted]
    manifest = pod_manifest(wanted, sandbox.port_mappings, notes, groups)
    with tempfile.TemporaryDirectory(prefix="rkt-pod-") as folder:
        path = Path(folder, "manifest.json")
        path.write_text(json.dumps(manifest))
        return prepare.prepare(start.node.rkt, path)


def _group(wanted: Wanted) -> str:
    """The config's, or else root's where it names a user, or else the image's."""
    context = wanted.config.linux.security_context
    if context.HasField("run_as_group"):
        return str(context.run_as_group.value)
    return "0" if context.HasField("run_as_user") else wanted.image.app["group"]


def _unit(start: Start, sandbox: cri.PodSandboxConfig, uuid: str, wanted: Sequence[Wanted]) -> Unit:
    node = start.node
    hosts = [(alias.ip, name) for alias in start.pod.spec.host_aliases for name in alias.hostnames]
    network = pod_network(sandbox, node.net, hosts)
    logs = {one.app: Path(one.config.annotations[LOG]) for one in wanted}
    for log in logs.values():
        log.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        log.touch(mode=0o640)
    privileged = any(one.config.linux.security_context.privileged for one in wanted)
    insecure = ("all-run",) if privileged else ()
    return Unit(
        name=_name(uuid),
        folder=folder_of(node.config.root, uuid),
        argv=tuple(node.rkt.argv(*run_prepared.words(uuid, network), insecure=insecure)),
        environment=node.rkt.environment(),
        logs=logs,
    )


def _wait_ready(node: RktNode, uuid: str) -> None:
    """A pod that has ended meanwhile was ready, too."""
    began = time.monotonic()
    while (waited := time.monotonic() - began) < READY_SECONDS:
        if wait_ready(node.rkt, uuid, _GLANCE):
            return
        found = find_pod(node.rkt, uuid)
        if found is None or found["state"] not in {"prepared", "running"}:
            return
        folder = folder_of(node.config.root, uuid)
        if found["state"] == "prepared" and waited > READY_SECONDS / 2 and not supervised(folder):
            break
        time.sleep(_PAUSE)
    why = complaint(folder_of(node.config.root, uuid)) or "it gave no reason"
    raise errors.Internal(f"run rkt pod '{uuid}': it doesn't become ready: {why}")
