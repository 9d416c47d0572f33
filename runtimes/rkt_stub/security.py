"""Privileges in rkt's words, and a plain refusal of those that it has no words for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri import apparmor
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtimes.core.cri.v1.api_pb2 import LinuxContainerSecurityContext as Context

_KERNEL = ("/proc/", "/sys/")
PROTOCOLS = {cri.TCP: "tcp", cri.UDP: "udp"}
DEFAULT = frozenset(
    {
        "CAP_AUDIT_WRITE", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_KILL",
        "CAP_MKNOD", "CAP_NET_RAW", "CAP_NET_BIND_SERVICE", "CAP_SETUID", "CAP_SETGID",
        "CAP_SETPCAP", "CAP_SETFCAP", "CAP_SYS_CHROOT",
    }
)  # fmt: skip
"""What rkt leaves to an app of which nothing is said."""


def user(context: Context) -> str:
    """A number or a name; empty for the image's own."""
    if context.HasField("run_as_user"):
        return str(context.run_as_user.value)
    return context.run_as_username


def retained(context: Context) -> tuple[str, ...] | None:
    """All capabilities that a container keeps; None for rkt's own choice."""
    added, dropped = context.capabilities.add_capabilities, context.capabilities.drop_capabilities
    if context.privileged or not (added or dropped):
        return None
    if "ALL" in added:
        raise errors.Unimplemented(
            "add capability ALL: rkt takes a list of names; name them, or make it privileged"
        )
    kept = frozenset() if "ALL" in dropped else DEFAULT - {_full(name) for name in dropped}
    return tuple(sorted(kept | {_full(name) for name in added}))


def _full(name: str) -> str:
    return f"CAP_{name.removeprefix('CAP_')}"


def unconfined(context: Context) -> bool:
    """Without a seccomp filter; the newer field counts first."""
    if context.HasField("seccomp"):
        return context.seccomp.profile_type == cri.SecurityProfile.Unconfined
    return context.seccomp_profile_path == "unconfined"


def _by_file(context: Context) -> bool:
    """With a seccomp filter of the node."""
    if context.HasField("seccomp"):
        return context.seccomp.profile_type == cri.SecurityProfile.Localhost
    return context.seccomp_profile_path.startswith("localhost/")


def check(name: str, config: cri.ContainerConfig) -> None:
    """Refuse what rkt has no words for, where leaving it out would mislead.

    Raises:
        Unimplemented: profiles of the node, SELinux, devices, terminals, a stop signal, or paths
            to hide that aren't the kernel's.
        InvalidArgument: an unknown AppArmor profile.
    """
    context = config.linux.security_context
    paths = (*context.masked_paths, *context.readonly_paths)
    asked = {
        "a seccomp profile of the node": _by_file(context),
        "an AppArmor profile": apparmor.wanted(context).startswith(apparmor.LOCALHOST),
        "SELinux options": bool(context.selinux_options.type or context.selinux_options.level),
        "devices": bool(config.devices),
        "a terminal": config.tty,
        "standard input": config.stdin,
        "the node's processes": context.namespace_options.pid == cri.NODE,
        "the node's IPC": context.namespace_options.ipc == cri.NODE,
        "another container's processes": bool(context.namespace_options.target_id),
        "a stop signal": config.stop_signal not in {0, cri.SIGNAL_SIGTERM},
        "paths of its own to hide": any(not path.startswith(_KERNEL) for path in paths),
    }
    refused = [what for what, wanted in asked.items() if wanted]
    if refused:
        raise errors.Unimplemented(
            f"run container '{name}' with {', '.join(refused)}: rkt can't; use another backend"
        )


def check_app(config: cri.ContainerConfig, argv: Sequence[str]) -> None:
    """Refuse what only a whole manifest can say, and `rkt app add` can't, of a command `argv`.

    Raises:
        Unimplemented: no_new_privs, or what ends rkt's words early and would be read as its flags.
    """
    paths = [path for mount in config.mounts for path in (mount.host_path, mount.container_path)]
    asked = {
        "no_new_privs": config.linux.security_context.no_new_privs,
        "an argument '---'": "---" in argv,
        "a comma in the path of a mount": any("," in path for path in paths),
    }
    refused = [what for what, wanted in asked.items() if wanted]
    if refused:
        raise errors.Unimplemented(
            f"create container '{config.metadata.name}' with {', '.join(refused)}: 'rkt app add'"
            " can't; use another backend"
        )


def check_mount(mount: cri.Mount) -> None:
    """Raises:
    Unimplemented: a mount of an image, or with more than being read-only.
    """
    shared = mount.propagation != cri.PROPAGATION_PRIVATE
    mapped = mount.uidMappings or mount.gidMappings
    if mount.image.image or shared or mapped or mount.recursive_read_only or mount.mount_options:
        raise errors.Unimplemented(
            f"mount {mount.container_path}: rkt mounts files and folders of the node only, without"
            " propagation, mappings of ids, submounts that are read-only, or options of one's own"
        )


def check_pod(config: cri.PodSandboxConfig) -> None:
    """Raises:
    Unimplemented: sysctls, or the node's processes or IPC.
    """
    options = config.linux.security_context.namespace_options
    asked = {
        "sysctls": bool(config.linux.sysctls),
        "the node's processes": options.pid == cri.NODE,
        "the node's IPC": options.ipc == cri.NODE,
        "a user namespace": options.userns_options.mode == cri.POD
        and options.HasField("userns_options"),
    }
    refused = [what for what, wanted in asked.items() if wanted]
    if refused:
        raise errors.Unimplemented(
            f"run pod '{config.metadata.name}' with {', '.join(refused)}: rkt can't; use another"
            " backend"
        )
