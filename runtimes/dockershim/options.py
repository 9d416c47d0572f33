"""What a user may set, by `--option`, the configuration file, or in code."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

PAUSE = "registry.k8s.io/pause:3.10"


@dataclass(frozen=True, slots=True, kw_only=True)
class DockershimOptions:
    """Settings of the CRI on Docker Engine.

    Attributes:
        host: where the Engine listens, ``unix:///path`` or ``tcp://host:port``; empty for
            ``DOCKER_HOST`` or the usual socket.
        engine: name of the plugin of group `runtimes.docker` that speaks to it.
        engine_options: further options of that plugin, by name.
        root: what survives a reboot: sandbox records, checkpoints, the pods' own files. None:
            /var/lib/runtimes/dockershim, or below ``$XDG_DATA_HOME`` when not root.
        run_root: what doesn't: pins of network namespaces, the built-in network's addresses. None:
            /run/runtimes/dockershim, or below ``$XDG_RUNTIME_DIR``.
        sandbox_image: the image of pause containers; pulled when it isn't there.
        network: ``docker`` for the Engine's own bridge, ``cni`` for plugins configured in
            `cni_conf_dir`, ``bridge`` for the built-in one, ``auto`` for ``cni`` where that folder
            has a configuration and ``docker`` where it hasn't.
        cni_conf_dir: the first usable file in order of names is taken.
        cni_bin_dirs: where CNI plugins are.
        cni_cache_dir: results and configurations that DEL needs, also after a reboot. None:
            ``network`` below `root`.
        bridge: name of the built-in network's bridge.
        subnet: its IPv4 network; None picks a free one.
        cgroup_driver: the one that the node agent uses, ``cgroupfs`` or ``systemd``: with an Engine
            that has the other one `Status` is not ready. Empty for whichever the Engine has.
        relist_period: seconds after which what events told is compared with a full list.
        pod_cidr: for CNI configurations that want one before the first UpdateRuntimeConfig.
        shm_bytes: size of a pod's /dev/shm.
    """

    host: str = ""
    engine: str = "docker"
    engine_options: dict[str, str] = field(default_factory=dict)
    root: Path | None = None
    run_root: Path | None = None
    sandbox_image: str = PAUSE
    network: Literal["auto", "docker", "cni", "bridge"] = "auto"
    cni_conf_dir: Path = Path("/etc/cni/net.d")
    cni_bin_dirs: tuple[Path, ...] = (Path("/opt/cni/bin"), Path("/usr/lib/cni"))
    cni_cache_dir: Path | None = None
    bridge: str = "runtimes1"
    subnet: str | None = None
    cgroup_driver: str = ""
    relist_period: float = 30.0
    pod_cidr: str = ""
    shm_bytes: int = 64 << 20

    def resolved_root(self) -> Path:
        """Where the lasting state is, defaults applied."""
        if self.root is not None:
            return self.root.absolute()
        if os.geteuid() == 0:
            return Path("/var/lib/runtimes/dockershim")
        data = os.environ.get("XDG_DATA_HOME") or Path("~/.local/share").expanduser()
        return Path(data) / "runtimes" / "dockershim"

    def resolved_run_root(self) -> Path:
        """Where the passing state is, defaults applied."""
        if self.run_root is not None:
            return self.run_root.absolute()
        if os.geteuid() == 0:
            return Path("/run/runtimes/dockershim")
        runtime = os.environ.get("XDG_RUNTIME_DIR") or f"/tmp/runtimes-{os.geteuid()}"  # noqa: S108 -- the usual last resort
        return Path(runtime) / "runtimes" / "dockershim"
