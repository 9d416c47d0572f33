"""Where a pod's cgroups go.

Source: kubelet 1.22 dockershim/docker_service.go (GenerateExpectedCgroupParent).
"""

from __future__ import annotations

import posixpath

from runtimes.core.cri.v1 import api_pb2 as cri


def cgroup_parent(asked: str, driver: cri.CgroupDriver.ValueType) -> str:
    """As an Engine with that driver takes it: systemd knows slices by their last name. Pure."""
    return posixpath.basename(asked) if driver == cri.SYSTEMD else asked
