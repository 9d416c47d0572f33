"""Which pod network a configuration means."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtimes.cni.network import PodNetwork


@dataclass(frozen=True, slots=True)
class NetworkOptions:
    """How pods are networked.

    Attributes:
        state_dir: where the built-in bridge keeps addresses and host ports; made when missing.
            Best below ``/run``: a reboot voids all of it.
        cni_conf_dir: a directory of CNI configurations, e.g. ``/etc/cni/net.d``; None means the
            built-in bridge.
        cni_cache_dir: where attempts by CNI plugins are kept until they are undone; made when
            missing. Never below ``/run``: the addresses that plugins gave outlive a reboot, and
            DEL needs what is kept. None: below `state_dir`.
        cni_bin_dirs: where CNI plugins are looked up, in this order.
        bridge: the built-in bridge's name, at most 15 characters.
        subnet: IPv4 network of the built-in bridge, e.g. ``10.86.0.0/16``; None picks one that no
            route of this host overlaps.
        subnet6: IPv6 network of the built-in bridge, for dual-stack pods.
    """

    state_dir: Path
    cni_conf_dir: Path | None = None
    cni_cache_dir: Path | None = None
    cni_bin_dirs: tuple[Path, ...] = (
        Path("/opt/cni/bin"),
        Path("/usr/lib/cni"),
        Path("/usr/libexec/cni"),
    )
    bridge: str = "runtimes0"
    subnet: str | None = None
    subnet6: str | None = None


def open_network(options: NetworkOptions) -> PodNetwork:
    """Open CNI plugins where a configuration directory is named, else the built-in bridge.

    Changes nothing on the host: bridge and rules are made by the first attach.

    Raises:
        InvalidArgument: a bridge name or a subnet that can't work.
    """
    if options.cni_conf_dir is not None:
        from runtimes.cni.plugins.cni import CniNetwork

        cache_dir = options.cni_cache_dir or options.state_dir / "cni"
        return CniNetwork(options.cni_conf_dir, options.cni_bin_dirs, cache_dir)
    from runtimes.cni.bridge.builtin import BuiltinBridge
    from runtimes.cni.bridge.segment import BridgeOptions

    bridge = BridgeOptions(options.bridge, options.subnet, options.subnet6)
    return BuiltinBridge(options.state_dir / "bridge", bridge)
