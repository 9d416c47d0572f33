"""Privileged containers, also where the Engine's own way fails.

The Engine gives a privileged container every capability that the kernel knows; where the host
withholds one, as in a container or a hardened node, nothing starts. There the same is asked for
piece by piece, less what the host withholds. /sys stays read-only then until it is mounted anew.

Source: Docker Engine API, HostConfig.Privileged; moby oci/caps (GetAllCapabilities).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core.host.capabilities import NAMES
from runtimes.core.host.clamp import warn_once
from runtimes.dockershim.spec import capabilities, devices, lsm

if TYPE_CHECKING:
    from collections.abc import Collection

    from runtimes.core.docker.types import HostConfig
    from runtimes.core.host.clamp import Grants
    from runtimes.dockershim.spec.request import CreateRequest

_LAST = Path("/proc/sys/kernel/cap_last_cap")
_DEVICES = Path("/dev")


def grant(config: HostConfig, request: CreateRequest) -> None:
    """Make a host config privileged, as far as the host allows."""
    bounding = request.grants.bounding
    if known_to_kernel() <= bounding:
        config["Privileged"] = True
        return
    warn_once(
        "privileged",
        "a privileged container gets no more than this host grants: without %s",
        ", ".join(sorted(known_to_kernel() - bounding)),
    )
    config.update(piece_by_piece(request.grants, request.security_options, request.api))
    config["Devices"] = devices.every(_DEVICES)


def piece_by_piece(
    grants: Grants, security_options: Collection[str], api: tuple[int, int]
) -> HostConfig:
    """All that makes a container privileged but its devices. Pure."""
    confined = lsm.HAS_APPARMOR in security_options
    return {
        "CapAdd": [capabilities.ALL],
        "CapDrop": capabilities.withheld(grants, api),
        "SecurityOpt": [
            "seccomp=unconfined",
            "label=disable",
            *(["apparmor=unconfined"] if confined else []),
        ],
        "DeviceCgroupRules": ["a *:* rwm"],
        "MaskedPaths": [],
        "ReadonlyPaths": [],
    }


def known_to_kernel(last: Path = _LAST) -> frozenset[str]:
    """The capabilities of the running kernel."""
    try:
        count = int(last.read_text()) + 1
    except (OSError, ValueError):
        count = len(NAMES)
    return frozenset(NAMES[:count])
