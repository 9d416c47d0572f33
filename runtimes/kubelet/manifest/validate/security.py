"""Security contexts of pods and containers, and what they contradict.

Source: kubernetes pkg/apis/core/validation/validation.go (ValidateSecurityContext,
validatePodSpecSecurityContext, validateSysctls); kubelet kuberuntime/security_context.go
(verifyRunAsNonRoot).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.kubelet.generate.sysctls import is_namespaced
from runtimes.kubelet.manifest.problem import Path, Problem
from runtimes.kubelet.manifest.validate import names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.core.pod import v1

    Container = v1.Container | v1.EphemeralContainer

_MAX_ID = 2**31 - 1
_HOST_IPC_SYSCTLS = ("kernel.sem", "kernel.shm", "kernel.msg", "fs.mqueue.")


def check_pod_security(spec: v1.PodSpec, path: Path) -> Iterator[Problem]:
    if spec.share_process_namespace and spec.host_pid:
        yield Problem((*path, "shareProcessNamespace"), "can't be given together with 'hostPID'")
    if spec.host_users is False:
        for name, value in (
            ("hostNetwork", spec.host_network),
            ("hostPID", spec.host_pid),
            ("hostIPC", spec.host_ipc),
        ):
            if value:
                yield Problem((*path, name), "can't be true while 'hostUsers' is false")
    if spec.security_context:
        yield from _pod_context(spec, spec.security_context, (*path, "securityContext"))


def check_container_security(
    container: Container, pod: v1.PodSecurityContext | None, path: Path
) -> Iterator[Problem]:
    """Judge the container at `path`, which inherits what it doesn't set from `pod`."""
    context = container.security_context
    place = (*path, "securityContext")
    if context:
        yield from _ids(context, place)
        yield from _profiles(context, place)
        yield from _privileges(context, place)
    yield from _root(context, pod, place)


def _pod_context(spec: v1.PodSpec, context: v1.PodSecurityContext, path: Path) -> Iterator[Problem]:
    yield from _ids(context, path)
    yield from _profiles(context, path)
    if context.fs_group is not None and not 0 <= context.fs_group <= _MAX_ID:
        yield Problem((*path, "fsGroup"), _not_an_id(context.fs_group))
    for index, group in enumerate(context.supplemental_groups):
        if not 0 <= group <= _MAX_ID:
            yield Problem((*path, "supplementalGroups", index), _not_an_id(group))
    yield from _sysctls(spec, context.sysctls, (*path, "sysctls"))


def _ids(context: v1.SecurityContext | v1.PodSecurityContext, path: Path) -> Iterator[Problem]:
    for name, value in (("runAsUser", context.run_as_user), ("runAsGroup", context.run_as_group)):
        if value is not None and not 0 <= value <= _MAX_ID:
            yield Problem((*path, name), _not_an_id(value))


def _not_an_id(value: int) -> str:
    return f"{value} is not between 0 and {_MAX_ID}"


def _profiles(context: v1.SecurityContext | v1.PodSecurityContext, path: Path) -> Iterator[Problem]:
    for name, profile in (
        ("seccompProfile", context.seccomp_profile),
        ("appArmorProfile", context.app_armor_profile),
    ):
        if profile is None:
            continue
        place = (*path, name, "localhostProfile")
        if profile.type == "Localhost" and not profile.localhost_profile:
            yield Problem(place, "required with type 'Localhost', but not given")
        elif profile.type != "Localhost" and profile.localhost_profile:
            yield Problem(place, "can only be given with type 'Localhost'")
        elif name == "seccompProfile":
            problem = names.relative(profile.localhost_profile)
            if problem:
                yield Problem(place, problem)


def _privileges(context: v1.SecurityContext, path: Path) -> Iterator[Problem]:
    if context.allow_privilege_escalation is not False:
        return
    place = (*path, "allowPrivilegeEscalation")
    if context.privileged:
        yield Problem(place, "can't be false while 'privileged' is true")
    added = context.capabilities.add if context.capabilities else ()
    if {"SYS_ADMIN", "CAP_SYS_ADMIN"} & set(added):
        yield Problem(place, "can't be false while capabilities add SYS_ADMIN")


def _root(
    context: v1.SecurityContext | None, pod: v1.PodSecurityContext | None, path: Path
) -> Iterator[Problem]:
    """Find who must not be root and yet is told to be; kubelet would never start that."""
    chain = [part for part in (context, pod) if part]
    user = next((part.run_as_user for part in chain if part.run_as_user is not None), None)
    non_root = next(
        (part.run_as_non_root for part in chain if part.run_as_non_root is not None), None
    )
    if user == 0 and non_root:
        yield Problem((*path, "runAsUser"), "can't be 0, root, while 'runAsNonRoot' is true")


def _sysctls(spec: v1.PodSpec, sysctls: tuple[v1.Sysctl, ...], path: Path) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, sysctl in enumerate(sysctls):
        name = sysctl.name.replace("/", ".")
        problem = names.sysctl(sysctl.name)
        if name in seen:
            problem = f"'{name}' is given twice"
        elif name.startswith("net.") and spec.host_network:
            problem = f"'{name}' would change the host, whose network the pod has"
        elif name.startswith(_HOST_IPC_SYSCTLS) and spec.host_ipc:
            problem = f"'{name}' would change the host, whose IPC the pod has"
        elif not problem and not is_namespaced(name):
            problem = f"'{name}' is the host's, for no namespace holds it; set it there"
        seen.add(name)
        if problem:
            yield Problem((*path, index, "name"), problem)
