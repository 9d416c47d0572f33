"""Everything that a container's spec is built from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.oci.host.facts import HostFacts
    from runtimes.oci.host.programs import Program
    from runtimes.oci.image.config import RunDefaults
    from runtimes.oci.spec.schema import Device


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxFacts:
    """What a sandbox gives its containers.

    Attributes:
        namespaces: OCI type (``network``, ``ipc``, ``uts``, ``pid``, ``user``) -> the file that it
            is pinned on. A type that is missing is not shared by the pod.
        cgroup: the pod's cgroup; the container's is made below it.
        hostname: becomes the variable HOSTNAME; "" sets none.
        resolv_conf, hosts, hostname_file: files to appear in /etc; None leaves the image's.
        shm: the pod's /dev/shm; None gives the container a private one.
    """

    id: str
    cgroup: str
    namespaces: Mapping[str, Path] = field(default_factory=dict)
    hostname: str = ""
    resolv_conf: Path | None = None
    hosts: Path | None = None
    hostname_file: Path | None = None
    shm: Path | None = None


class RootfsReader(Protocol):
    """Reads files of the container's root file system, which its image made: hostile input."""

    def __call__(self, path: str) -> str | None:
        """The text of the regular file at an absolute `path`, links resolved inside the root.

        None if there is none.
        """
        ...


class HostFiles(Protocol):
    """What the builder asks about, and does to, the host's own files."""

    def mount_source(self, path: str) -> Path:
        """Resolve a host path that is to be mounted; make a directory if nothing is there.

        Raises:
            InvalidArgument: it can't be resolved or made.
        """
        ...

    def is_propagating(self, path: Path, *, both_ways: bool) -> bool:
        """Whether the mount that holds `path` is shared (or, one way, at least a slave)."""
        ...

    def devices(self, path: str) -> Iterable[Device]:
        """The device at `path`, or all below a directory, each under its own path.

        Raises:
            InvalidArgument: there is none.
        """
        ...

    def all_devices(self) -> Iterable[Device]:
        """Every device of the host that a privileged container gets."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecRequest:
    """One container to be.

    Attributes:
        container_id: the last part of its cgroup's path.
        config, sandbox_config: as the CRI call gave them.
        image: the run defaults of its image's configuration.
        rootfs: the mounted root file system, absolute.
        read: reads /etc/passwd and /etc/group out of it, see `rootfs.reader`.
        files: the host's files, see `host_files.LiveHostFiles`.
        runtime: what will run it; None builds a spec for any runtime, without its shortcuts.
        cache: folder for compiled seccomp filters; None compiles each time.
        target_pid_namespace: for the pid mode TARGET, the target's ``/proc/PID/ns/pid``.
        volumes: container path -> host folder, for volumes that the image declares; those that
            are missing here stay in the root file system.
        image_mounts: container path -> where the image of a `Mount.image` is mounted.
    """

    container_id: str
    config: cri.ContainerConfig
    sandbox_config: cri.PodSandboxConfig
    image: RunDefaults
    rootfs: Path
    read: RootfsReader
    files: HostFiles
    sandbox: SandboxFacts
    host: HostFacts
    runtime: Program | None = None
    cache: Path | None = None
    target_pid_namespace: Path | None = None
    volumes: Mapping[str, Path] = field(default_factory=dict)
    image_mounts: Mapping[str, Path] = field(default_factory=dict)

    @property
    def security(self) -> cri.LinuxContainerSecurityContext:
        return self.config.linux.security_context

    @property
    def privileged(self) -> bool:
        return self.security.privileged
