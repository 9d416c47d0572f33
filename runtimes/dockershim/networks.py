"""Which network pods get: Docker's own, CNI plugins, or the built-in bridge."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from runtimes.cni.network import PodNetwork
    from runtimes.dockershim.options import DockershimOptions
    from runtimes.dockershim.state.paths import Paths

DOCKER, CNI, BRIDGE = "docker", "cni", "bridge"


@runtime_checkable
class TakesPodCidr(Protocol):
    def set_pod_cidr(self, cidr: str) -> None: ...


class Networks:
    """Opens each when first used: a sandbox leaves by the one that it came by. Thread-safe."""

    def __init__(self, options: DockershimOptions, paths: Paths) -> None:
        self._options = options
        self._paths = paths
        self._lock = threading.Lock()
        self._opened: dict[str, PodNetwork] = {}
        self._pod_cidr = options.pod_cidr

    @property
    def chosen(self) -> str:
        """``docker``, ``cni`` or ``bridge``; what ``auto`` means is looked up each time."""
        if self._options.network != "auto":
            return self._options.network
        from runtimes.cni.plugins.config import files

        return CNI if files(self._options.cni_conf_dir) else DOCKER

    def of(self, name: str) -> PodNetwork:
        """One of ours, ``cni`` or ``bridge``; opening it changes nothing."""
        with self._lock:
            if name not in self._opened:
                self._opened[name] = self._open(name)
            return self._opened[name]

    def set_pod_cidr(self, cidr: str) -> None:
        """Tell the node's pod CIDR to CNI plugins that declare the capability ``ipRanges``."""
        with self._lock:
            self._pod_cidr = cidr
            opened = self._opened.get(CNI)
            if isinstance(opened, TakesPodCidr):
                opened.set_pod_cidr(cidr)

    def trouble(self) -> str | None:
        """Why pods can't be networked now; None when they can, or Docker does it."""
        name = self.chosen
        return None if name == DOCKER else self.of(name).status()

    def _open(self, name: str) -> PodNetwork:
        from runtimes.cni.choose import NetworkOptions, open_network

        options = self._options
        opened = open_network(
            NetworkOptions(
                state_dir=self._paths.bridge,
                cni_conf_dir=options.cni_conf_dir if name == CNI else None,
                cni_cache_dir=options.cni_cache_dir or self._paths.network,
                cni_bin_dirs=options.cni_bin_dirs,
                bridge=options.bridge,
                subnet=options.subnet,
            )
        )
        if self._pod_cidr and isinstance(opened, TakesPodCidr):
            opened.set_pod_cidr(self._pod_cidr)
        return opened
