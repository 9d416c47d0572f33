"""A pod's namespaces without a process: a thread makes them, pins them by bind mounts, and ends.

A pin is a file below `run_root` over which the namespace is bind-mounted; the namespace lives as
long as the pin or a process in it. Whoever opens the pin can enter the pod: the folder is root's,
mode 0700.
"""

from __future__ import annotations

import errno
import os
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.oci.host import syscalls

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CLONE_FLAGS = {
    "net": syscalls.Clone.NEWNET,
    "ipc": syscalls.Clone.NEWIPC,
    "uts": syscalls.Clone.NEWUTS,
}


def create(folder: Path, kinds: tuple[str, ...], hostname: str) -> None:
    """Make namespaces of these kinds and pin each at ``folder/<kind>``.

    Raises:
        PermissionDenied: the process lacks CAP_SYS_ADMIN.
    """
    for kind in kinds:
        (folder / kind).touch(mode=0o400)
    if kinds:
        in_thread(lambda: _create(folder, kinds, hostname), "make the pod's namespaces")


def _create(folder: Path, kinds: tuple[str, ...], hostname: str) -> None:
    flags = syscalls.Clone(0)
    for kind in kinds:
        flags |= CLONE_FLAGS[kind]
    syscalls.unshare(flags)
    for kind in kinds:
        pin(f"/proc/thread-self/ns/{kind}", folder / kind)
    if "uts" in kinds:
        socket.sethostname(hostname)


def pin(namespace: str, path: Path) -> None:
    """Keep a namespace alive at `path`, an existing file."""
    syscalls.mount(namespace, path, flags=syscalls.MountFlag.BIND)


def unpin(path: Path) -> None:
    """Let a namespace, or a mount, go; a missing one is fine."""
    try:
        syscalls.umount(path, syscalls.DETACH)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOENT}:
            raise errors.Internal(f"unmount '{path}': {error.strerror}") from error


def apply_sysctls(folder: Path, kinds: tuple[str, ...], sysctls: Mapping[str, str]) -> None:
    """Write sysctls inside the pinned namespaces.

    Raises:
        InvalidArgument: the kernel has no such sysctl, or refuses the value.
    """
    if sysctls:
        in_thread(lambda: _apply(folder, kinds, sysctls), "set the pod's sysctls")


def _apply(folder: Path, kinds: tuple[str, ...], sysctls: Mapping[str, str]) -> None:
    for kind in kinds:
        descriptor = os.open(folder / kind, os.O_RDONLY | os.O_CLOEXEC)
        try:
            syscalls.setns(descriptor, CLONE_FLAGS[kind])
        finally:
            os.close(descriptor)
    for name, value in sysctls.items():
        try:
            sysctl_path(name).write_text(value)
        except OSError as error:
            raise errors.InvalidArgument(
                f"set sysctl '{name}' to '{value}': {error.strerror}"
            ) from error


def sysctl_path(name: str) -> Path:
    """The file of a sysctl; dots and slashes both divide, as in sysctl(8)."""
    first = next((char for char in name if char in "./"), ".")
    parts = name.split("/") if first == "/" else name.replace("/", "\0").split(".")
    return Path("/proc/sys", *(part.replace("\0", ".") for part in parts))


_IPC_SYSCTLS = ("kernel.msg", "kernel.sem", "kernel.shm", "fs.mqueue.")


def check_sysctls(sysctls: Mapping[str, str], kinds: tuple[str, ...]) -> None:
    """Refuse what would change the host instead of the pod. Pure.

    Raises:
        InvalidArgument: not a sysctl of a namespace that the pod has of its own.
    """
    for name in sysctls:
        dotted = name.replace("/", ".")
        kind = "net" if dotted.startswith("net.") else "ipc"
        known = kind == "net" or dotted.startswith(_IPC_SYSCTLS)
        if not known or ".." in dotted or not dotted.isprintable():
            raise errors.InvalidArgument(
                f"sysctl '{name}': it isn't namespaced, so it would change the whole host"
            )
        if kind not in kinds:
            raise errors.InvalidArgument(
                f"sysctl '{name}': the pod uses the host's {kind} namespace, so it would change "
                "the whole host"
            )


def in_thread(work: Callable[[], None], what: str) -> None:
    """Run `work` in a thread that ends afterwards: its namespaces must never serve another call.

    Raises:
        PermissionDenied: the kernel refused for lack of a capability.
        Internal: it refused for another reason.
    """
    raised: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 -- raised again in the caller's thread
            raised.append(error)

    thread = threading.Thread(target=run, name="namespaces", daemon=True)
    thread.start()
    thread.join()
    for error in raised:
        if isinstance(error, OSError):
            kind = errors.PermissionDenied if error.errno == errno.EPERM else errors.Internal
            raise kind(f"{what}: {error.strerror or error}; run as root") from error
        raise error
