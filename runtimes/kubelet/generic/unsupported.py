"""What a pod may ask for that isn't carried out yet: refused where ignoring it would mislead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from runtimes.core.pod import v1

_PROBES = ("liveness_probe", "readiness_probe", "startup_probe")


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


def ignored(pod: v1.Pod) -> tuple[str, ...]:
    """Name the fields that are accepted without effect, e.g. ``containers[0].livenessProbe``."""
    found: list[str] = []
    groups = (("initContainers", pod.spec.init_containers), ("containers", pod.spec.containers))
    for group, containers in groups:
        for index, container in enumerate(containers):
            where = f"spec.{group}[{index}]"
            found += [
                f"{where}.{name.split('_')[0]}Probe"
                for name in _PROBES
                if getattr(container, name) is not None
            ]
            if container.lifecycle is not None:
                found.append(f"{where}.lifecycle")
            if container.restart_policy_rules:
                found.append(f"{where}.restartPolicyRules")
    if pod.spec.readiness_gates:
        found.append("spec.readinessGates")
    return tuple(found)
