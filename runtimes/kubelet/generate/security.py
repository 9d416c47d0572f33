"""The security settings of a container: its own before its pod's.

Source: kubelet pkg/kubelet/kuberuntime/security_context.go, security_context_others.go;
pkg/securitycontext/util.go.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.pod import v1
from runtimes.kubelet.generate import profiles
from runtimes.kubelet.generate.metadata import full_name
from runtimes.kubelet.generate.namespaces import namespace_options

if TYPE_CHECKING:
    from runtimes.kubelet.config import KubeletConfig

MASKED_PATHS = (
    "/proc/acpi",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/sys/firmware",
    "/sys/devices/virtual/powercap",
)
READONLY_PATHS = (
    "/proc/asound",
    "/proc/bus",
    "/proc/fs",
    "/proc/irq",
    "/proc/sys",
    "/proc/sysrq-trigger",
)
_GROUP_POLICIES = {
    "": cri.Merge,
    "Merge": cri.Merge,
    "Strict": cri.Strict,
}
_NOTHING = v1.SecurityContext()
_NOTHING_OF_POD = v1.PodSecurityContext()


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What a container's image says.

    Attributes:
        ref: id or digest that the image service resolves.
        uid: of its user, None when it names one or says nothing.
        username: of its user, when that isn't a number.
    """

    ref: str
    uid: int | None = None
    username: str = ""


def pod_context(pod: v1.Pod) -> v1.PodSecurityContext:
    return pod.spec.security_context or _NOTHING_OF_POD


def container_context(container: v1.Container | v1.EphemeralContainer) -> v1.SecurityContext:
    return container.security_context or _NOTHING


def run_as_user(pod: v1.Pod, container: v1.Container | v1.EphemeralContainer) -> int | None:
    own = container_context(container).run_as_user
    return pod_context(pod).run_as_user if own is None else own


def run_as_group(pod: v1.Pod, container: v1.Container | v1.EphemeralContainer) -> int | None:
    own = container_context(container).run_as_group
    return pod_context(pod).run_as_group if own is None else own


def check_non_root(
    pod: v1.Pod, container: v1.Container | v1.EphemeralContainer, image: ImageFacts
) -> None:
    """Hold ``runAsNonRoot``; an image that tells no user runs as root.

    Raises:
        PermissionDenied: the container would run as root, or nobody can tell.
    """
    own = container_context(container).run_as_non_root
    if not (pod_context(pod).run_as_non_root if own is None else own):
        return
    user = run_as_user(pod, container)
    if user is not None and user != 0:
        return
    if user == 0:
        raise _breach(pod, container, "container's runAsUser breaks non-root policy")
    if image.uid is None and image.username:
        raise _breach(
            pod,
            container,
            f"container has runAsNonRoot and image has non-numeric user ({image.username}),"
            " cannot verify user is non-root",
        )
    if not image.uid:
        raise _breach(pod, container, "container has runAsNonRoot and image will run as root")


def _breach(
    pod: v1.Pod, container: v1.Container | v1.EphemeralContainer, why: str
) -> errors.PermissionDenied:
    return errors.PermissionDenied(f'{why} (pod: "{full_name(pod)}", container: {container.name})')


def supplemental_groups(pod: v1.Pod) -> list[int]:
    """The groups of every process of the pod, fsGroup first."""
    context = pod_context(pod)
    first = [] if context.fs_group is None else [context.fs_group]
    return [*first, *context.supplemental_groups]


def has_privileged(pod: v1.Pod) -> bool:
    spec = pod.spec
    contexts = [
        *(container.security_context for container in spec.containers),
        *(container.security_context for container in spec.init_containers),
        *(container.security_context for container in spec.ephemeral_containers),
    ]
    return any(context.privileged for context in contexts if context is not None)


def sandbox_security(pod: v1.Pod) -> cri.LinuxSandboxSecurityContext:
    """The sandbox's own settings; its profile is always the runtime's default."""
    context = pod_context(pod)
    security = cri.LinuxSandboxSecurityContext(
        namespace_options=namespace_options(pod),
        supplemental_groups=supplemental_groups(pod),
        supplemental_groups_policy=_GROUP_POLICIES[context.supplemental_groups_policy],
        privileged=has_privileged(pod),
        seccomp=cri.SecurityProfile(profile_type=cri.SecurityProfile.RuntimeDefault),
        seccomp_profile_path="runtime/default",
    )
    if context.run_as_user is not None:
        security.run_as_user.value = context.run_as_user
    if context.run_as_group is not None:
        security.run_as_group.value = context.run_as_group
    if context.se_linux_options is not None:
        security.selinux_options.CopyFrom(_selinux(context.se_linux_options))
    return security


def container_security(
    pod: v1.Pod,
    container: v1.Container | v1.EphemeralContainer,
    image: ImageFacts,
    *,
    config: KubeletConfig,
    target_id: str = "",
) -> cri.LinuxContainerSecurityContext:
    """Everything about the container's privileges; see `check_non_root` for what is forbidden."""
    context = container_context(container)
    security = cri.LinuxContainerSecurityContext(
        namespace_options=namespace_options(pod, target_id),
        privileged=bool(context.privileged),
        readonly_rootfs=bool(context.read_only_root_filesystem),
        no_new_privs=context.allow_privilege_escalation is False,
        supplemental_groups=supplemental_groups(pod),
        supplemental_groups_policy=_GROUP_POLICIES[pod_context(pod).supplemental_groups_policy],
    )
    _set_user(security, pod, container, image)
    _set_profiles(security, pod, container, config)
    if context.proc_mount != "Unmasked":
        security.masked_paths.extend((*MASKED_PATHS, *_thermal_paths()))
        security.readonly_paths.extend(READONLY_PATHS)
    if context.capabilities is not None:
        security.capabilities.add_capabilities.extend(context.capabilities.add)
        security.capabilities.drop_capabilities.extend(context.capabilities.drop)
    selinux = context.se_linux_options or pod_context(pod).se_linux_options
    if selinux is not None:
        security.selinux_options.CopyFrom(_selinux(selinux))
    return security


@cache
def _thermal_paths() -> tuple[str, ...]:
    """What tells of the host's load by its CPUs' heat; only Intel's have it."""
    found = Path("/sys/devices/system/cpu").glob("cpu*/thermal_throttle")
    return tuple(sorted(map(str, found)))


def _set_user(
    security: cri.LinuxContainerSecurityContext,
    pod: v1.Pod,
    container: v1.Container | v1.EphemeralContainer,
    image: ImageFacts,
) -> None:
    user = run_as_user(pod, container)
    group = run_as_group(pod, container)
    if user is None:
        user = image.uid
        security.run_as_username = "" if user is not None else image.username
    if user is None and group is not None and not security.run_as_username:
        user = 0  # A group needs a user beside it, and an image that names none means root.
    if user is not None:
        security.run_as_user.value = user
    if group is not None:
        security.run_as_group.value = group


def _set_profiles(
    security: cri.LinuxContainerSecurityContext,
    pod: v1.Pod,
    container: v1.Container | v1.EphemeralContainer,
    config: KubeletConfig,
) -> None:
    seccomp = profiles.seccomp(pod, container, config)
    security.seccomp.CopyFrom(seccomp)
    security.seccomp_profile_path = profiles.legacy_text(seccomp)
    apparmor = profiles.apparmor(pod, container)
    if apparmor is not None:
        security.apparmor.CopyFrom(apparmor)
        security.apparmor_profile = profiles.legacy_text(apparmor)


def _selinux(options: v1.SELinuxOptions) -> cri.SELinuxOption:
    return cri.SELinuxOption(
        user=options.user, role=options.role, type=options.type, level=options.level
    )
