"""What a user may set, by `--option`, the configuration file, or in code."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class OciOptions:
    """Settings of the embedded backend.

    Attributes:
        root: what survives a reboot: images, records, container file systems, exit codes. None:
            /var/lib/runtimes/oci, or below ``$XDG_DATA_HOME`` when not root.
        run_root: what doesn't. None: /run/runtimes/oci, or below ``$XDG_RUNTIME_DIR``.
        runtime: ``auto``, ``crun``, ``runc``, or the path of either.
        monitor: ``auto``, ``conmon`` or ``python``.
        bridge: name of the built-in pod network's bridge.
        subnet: its IPv4 network; None picks a free one.
        subnet6: its IPv6 network; None means IPv4 alone.
        cni_conf_dir: take the pod network from the CNI configuration found there instead.
        cni_bin_dirs: where CNI plugins are.
        insecure_registries: hosts (or host:port) spoken to over plain HTTP; loopback is anyway.
        registry_ca_file: certificates (PEM) trusted beside the system's.
        docker_config: a `config.json` with registry credentials. None: ``$DOCKER_CONFIG`` or
            ``~/.docker``.
        shm_bytes: size of a pod's /dev/shm.
    """

    root: Path | None = None
    run_root: Path | None = None
    runtime: str = "auto"
    monitor: str = "auto"
    bridge: str = "runtimes0"
    subnet: str | None = None
    subnet6: str | None = None
    cni_conf_dir: Path | None = None
    cni_bin_dirs: tuple[Path, ...] = (Path("/opt/cni/bin"), Path("/usr/lib/cni"))
    insecure_registries: tuple[str, ...] = ()
    registry_ca_file: Path | None = None
    docker_config: Path | None = None
    shm_bytes: int = 64 << 20

    def resolved_root(self) -> Path:
        """Where the lasting state is, defaults applied."""
        if self.root is not None:
            return self.root.absolute()
        if os.geteuid() == 0:
            return Path("/var/lib/runtimes/oci")
        data = os.environ.get("XDG_DATA_HOME") or Path("~/.local/share").expanduser()
        return Path(data) / "runtimes" / "oci"

    def resolved_run_root(self) -> Path:
        """Where the passing state is, defaults applied."""
        if self.run_root is not None:
            return self.run_root.absolute()
        if os.geteuid() == 0:
            return Path("/run/runtimes/oci")
        runtime = os.environ.get("XDG_RUNTIME_DIR") or f"/tmp/runtimes-{os.geteuid()}"  # noqa: S108 -- the usual last resort; unused while rootless is refused
        return Path(runtime) / "runtimes" / "oci"
