"""The limits of pods' own cgroups, and of those above them.

    <root>/pod<uid>               a Guaranteed pod
    <root>/burstable/pod<uid>     all of these weigh as much as they do together
    <root>/besteffort/pod<uid>    all of these get what is left

A runtime makes the cgroup and limits its containers; the pod's is the kubelet's to limit. Where it
can't be, on a host without the right to or with a runtime in cgroups of its own, that is logged,
and containers keep within their own limits.

Source: kubelet pkg/kubelet/cm (pod_container_manager_linux.go, qos_container_manager_linux.go).
"""

from __future__ import annotations

import logging
from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cgroup import limits, paths
from runtimes.core.cgroup.files import Files
from runtimes.core.cgroup.layout import Layout, detect
from runtimes.core.host.clamp import warn_once
from runtimes.kubelet.generate import totals
from runtimes.kubelet.generate.qos import Qos, pod_qos
from runtimes.kubelet.generate.resources import MAX_SHARES, MIN_SHARES, pod_resources

if TYPE_CHECKING:
    from runtimes.core.cgroup.resources import Resources
    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.core.pod import v1
    from runtimes.kubelet.config import KubeletConfig

log = logging.getLogger(__name__)
_here = cache(detect)


def limit(
    pod: v1.Pod, sandbox: cri.PodSandboxConfig, config: KubeletConfig, host: Layout | None = None
) -> None:
    """Limit the cgroup that the pod's sandbox was given; never raises. Idempotent."""
    try:
        layout = host or _here()
        path = paths.pod_path(sandbox.linux.cgroup_parent, "")
        limits.update(layout, path, limits_of(pod, config, layout))
        _weigh(layout, str(PurePosixPath(path).parent), pod_qos(pod))
    except errors.NotFound as error:
        log.debug("limit pod %s: %s", pod.metadata.name, error)
    except errors.Error as error:
        warn_once("pod cgroups", "limit pod %s as a whole: %s", pod.metadata.name, error)


def limits_of(pod: v1.Pod, config: KubeletConfig, layout: Layout) -> Resources:
    """What limits the pod, no limit included: it may have had one.

    Memory is limited where the pod itself says so. Where all its containers do, their own limits do
    as much; the sandbox's few pages would only let them meet the pod's limit before their own.
    """
    asked = pod_resources(pod, config, totals.with_overhead)
    found: Resources = {}
    if layout.has("cpu"):
        found["cpu"] = {
            "shares": asked.cpu_shares,
            "period": asked.cpu_period or config.cpu_cfs_period_us,
            "quota": asked.cpu_quota or limits.UNLIMITED,
        }
    if layout.has("memory"):
        said = totals.own(pod)
        own = said is not None and totals.MEMORY in said.limits
        found["memory"] = {"limit": asked.memory_limit_in_bytes if own else limits.UNLIMITED}
    return found


def _weigh(layout: Layout, path: str, qos: Qos) -> None:
    """Let the cgroup of a quality of service weigh as much as its pods."""
    if qos is Qos.GUARANTEED or not layout.has("cpu"):
        return
    shares = MIN_SHARES if qos is Qos.BEST_EFFORT else _shares_below(layout, path)
    bounded = min(MAX_SHARES, max(MIN_SHARES, shares))
    limits.update(layout, path, {"cpu": {"shares": bounded}})


def _shares_below(layout: Layout, path: str) -> int:
    directory = layout.directory("cpu", path)
    below = directory.glob("*pod*/") if directory is not None else ()
    return sum(_shares(Files(layout, str(PurePosixPath(path, one.name)))) for one in below)


def _shares(files: Files) -> int:
    if files.is_v2:
        return limits.weight_to_shares(files.number("cpu", "cpu.weight") or 1)
    return files.number("cpu", "cpu.shares") or 0
