"""What a pod may ask for that isn't carried out yet: refused where ignoring it would mislead.

`runtimes.kubelet.manifest.support` has the whole list, which loading a manifest tells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from runtimes.core.pod import v1


def refuse_unsupported(pod: v1.Pod) -> None:
    """Check a pod before anything of it is made.

    Raises:
        Unimplemented: it has sidecars, raw block volumes or a user namespace of its own.
    """
    who = f"run pod {pod.metadata.namespace}/{pod.metadata.name}"
    for container in pod.spec.init_containers:
        if container.restart_policy:
            raise errors.Unimplemented(
                f"{who}: init container {container.name} has a restartPolicy: sidecar containers"
                " are not supported yet; make it a regular container"
            )
    for container in (*pod.spec.containers, *pod.spec.init_containers):
        if container.volume_devices:
            raise errors.Unimplemented(
                f"{who}: container {container.name} has volumeDevices: raw block volumes are not"
                " supported yet"
            )
    if pod.spec.host_users is False:
        raise errors.Unimplemented(
            f"{who}: hostUsers: false needs a user namespace, which is not supported yet"
        )
