"""Privileged containers, also where the Engine's own way fails.

The Engine gives a privileged container every capability that the kernel knows; where the host
withholds one, as in a container or a hardened node, nothing starts. There the same is asked for
piece by piece, less what the host withholds. /sys stays read-only then until it is mounted anew.

Source: Docker Engine API, HostConfig.Privileged; moby oci/caps (GetAllCapabilities).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core.docker.spec import capabilities, devices, lsm
from runtimes.core.host.capabilities import known_to_kernel

if TYPE_CHECKING:
    from runtimes.core.docker.facts import EngineHost
    from runtimes.core.docker.types import HostConfig

_DEVICES = Path("/dev")


def grant(config: HostConfig, host: EngineHost) -> None:
    """Make a host config privileged, as far as the host allows."""
    if known_to_kernel() <= host.grants.bounding:
        config["Privileged"] = True
        return
    config.update(piece_by_piece(host))
    config["Devices"] = devices.every(_DEVICES)


def piece_by_piece(host: EngineHost) -> HostConfig:
    """All that makes a container privileged but its devices."""
    confined = lsm.HAS_APPARMOR in host.security_options
    return {
        "CapAdd": [capabilities.ALL],
        "CapDrop": capabilities.withheld(host.grants, host.api),
        "SecurityOpt": [
            "seccomp=unconfined",
            "label=disable",
            *(["apparmor=unconfined"] if confined else []),
        ],
        "DeviceCgroupRules": ["a *:* rwm"],
        "MaskedPaths": [],
        "ReadonlyPaths": [],
    }
