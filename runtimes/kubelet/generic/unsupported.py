"""What a pod may ask for that isn't carried out yet: refused where ignoring it would mislead.

`runtimes.kubelet.manifest.support` has the whole list, which loading a manifest tells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.capability import Capability

if TYPE_CHECKING:
    from runtimes.core.pod import v1


def refuse_unsupported(pod: v1.Pod) -> None:
    """Check a pod before anything of it is made.

    Raises:
        Unimplemented: it has raw block volumes, a user namespace of its own, or a gRPC probe while
            grpcio is missing.
    """
    who = f"run pod {pod.metadata.namespace}/{pod.metadata.name}"
    for container in (*pod.spec.containers, *pod.spec.init_containers):
        if container.volume_devices:
            raise errors.Unimplemented(
                f"{who}: container {container.name} has volumeDevices: raw block volumes are not"
                " supported yet"
            )
        _refuse_grpc_without_library(container, who)
    if pod.spec.host_users is False:
        raise errors.Unimplemented(
            f"{who}: hostUsers: false needs a user namespace, which is not supported yet"
        )


def _refuse_grpc_without_library(container: v1.Container, who: str) -> None:
    probes = (container.liveness_probe, container.readiness_probe, container.startup_probe)
    if not any(probe is not None and probe.grpc is not None for probe in probes):
        return
    from runtimes.kubelet.handlers import grpc

    if not grpc.is_installed():
        raise errors.Unimplemented(
            f"{who}: container {container.name} has a gRPC probe, which needs grpcio;"
            " pip install 'runtimes-kubelet[grpc]'"
        )


def refuse_image_volumes(pod: v1.Pod, claims: frozenset[Capability]) -> None:
    """Check that the backend mounts images, if the pod has volumes of any.

    Raises:
        Unimplemented: it doesn't.
    """
    names = [volume.name for volume in pod.spec.volumes if volume.image is not None]
    if names and Capability.IMAGE_VOLUMES not in claims:
        raise errors.Unimplemented(
            f"run pod {pod.metadata.namespace}/{pod.metadata.name}: volume {names[0]} is an image,"
            " which this backend doesn't mount; use one that claims mount.image, such as oci"
        )
