"""A pod's volumes and hosts file on its node, whatever runs it; what fails is told as an event."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.kubelet import layout
from runtimes.kubelet.events import Event, EventReason
from runtimes.kubelet.generate.resources import pod_resources
from runtimes.kubelet.generic import pod_files
from runtimes.kubelet.generic.unsupported import refuse_image_volumes, refuse_unsupported
from runtimes.kubelet.oserrors import translated
from runtimes.kubelet.volumes.empty_dir import EmptyDirLimits
from runtimes.kubelet.volumes.prepare import VolumeInputs, prepare_volumes, refresh_volumes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runtimes.core.pod import v1
    from runtimes.kubelet.config import KubeletConfig
    from runtimes.kubelet.generic.node import Surroundings


def prepare(pod: v1.Pod, config: KubeletConfig, around: Surroundings) -> dict[str, Path]:
    """Make the volumes and give their places, by name. Idempotent.

    Raises:
        Unimplemented: the pod asks for what isn't carried out.
        Error: a volume can't be made.
    """
    refuse_unsupported(pod)
    refuse_image_volumes(pod, around.claims)
    with told("prepare", pod, around):
        return prepare_volumes(pod, _inputs(pod, config, around))


def refresh(pod: v1.Pod, ips: tuple[str, ...], config: KubeletConfig, around: Surroundings) -> None:
    """Bring files up to date that running containers have mounted; a failure is only told."""
    with suppress(errors.Error), told("refresh", pod, around):
        inputs = _inputs(pod, config, around)
        refresh_volumes(pod, inputs)
        pod_files.refresh_hosts_file(pod, inputs.folders, ips, config)


@contextmanager
def told(verb: str, pod: v1.Pod, around: Surroundings) -> Iterator[None]:
    """Let an error on, translated, and tell of it."""
    try:
        with translated(f"{verb} pod {pod.metadata.namespace}/{pod.metadata.name}"):
            yield
    except errors.Error as error:
        uid, reason = pod.metadata.uid, EventReason.FAILED_MOUNT
        around.record(Event(pod_uid=uid, reason=reason, message=str(error), warning=True))
        raise


def _inputs(pod: v1.Pod, config: KubeletConfig, around: Surroundings) -> VolumeInputs:
    memory = pod_resources(pod, config).memory_limit_in_bytes
    return VolumeInputs(
        folders=layout.pod_folders(config, pod),
        limits=EmptyDirLimits(memory, config.memory_capacity_bytes),
        objects=around.objects,
        config=config,
    )
