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
import threading
from contextlib import contextmanager
from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cgroup import limits, paths
from runtimes.core.cgroup.files import Files
from runtimes.core.cgroup.layout import Layout, detect
from runtimes.core.host.clamp import warn_once
from runtimes.kubelet.generate import totals
from runtimes.kubelet.generate.cgroup import cgroup_parent
from runtimes.kubelet.generate.qos import Qos, pod_qos
from runtimes.kubelet.generate.resources import MAX_SHARES, MIN_SHARES, pod_resources

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runtimes.core.cgroup.resources import Resources
    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.core.pod import v1
    from runtimes.kubelet.config import KubeletConfig

log = logging.getLogger(__name__)
_here = cache(detect)
_weighing = threading.Lock()


def limit(
    pod: v1.Pod, sandbox: cri.PodSandboxConfig, config: KubeletConfig, host: Layout | None = None
) -> None:
    """Limit the cgroup that the pod's sandbox was given; never raises. Idempotent."""
    what = f"limit pod {pod.metadata.name} as a whole"
    with _told("layout", what):
        layout = host or _here()
        path = paths.pod_path(sandbox.linux.cgroup_parent, "")
        _lift_ended(layout, path)
        for one in limits_of(pod, config, layout):
            with _told(" ".join(one), what):
                limits.update(layout, path, one)


def weigh(pod: v1.Pod, sandbox: cri.PodSandboxConfig, host: Layout | None = None) -> None:
    """Let the pods of its quality of service weigh what they weigh with it; never raises."""
    with _told("weight", f"weigh pod {pod.metadata.name}"):
        path = paths.pod_path(sandbox.linux.cgroup_parent, "")
        _weigh(host or _here(), str(PurePosixPath(path).parent), pod_qos(pod))


def weigh_burstable(root: str, host: Layout | None = None) -> None:
    """Let burstable pods weigh what those weigh that are left; never raises. Idempotent."""
    for systemd in (False, True):
        pod = cgroup_parent(root, Qos.BURSTABLE, "", systemd=systemd)
        with _told("weight", "weigh burstable pods"):
            _weigh(host or _here(), str(PurePosixPath(pod).parent), Qos.BURSTABLE)


@contextmanager
def _told(kind: str, what: str) -> Iterator[None]:
    """Log what can't be, as a warning the first time of each kind; a cgroup needn't be there."""
    try:
        yield
    except errors.NotFound as error:
        log.debug("%s: %s", what, error)
    except errors.Error as error:
        warn_once(f"pod cgroups: {kind}", "%s: %s", what, error)


def limits_of(pod: v1.Pod, config: KubeletConfig, layout: Layout) -> Iterator[Resources]:
    """What limits the pod, no limit included: it may have had one. One may fail without the others.

    Memory is limited where the pod itself says so. Where all its containers do, their own limits do
    as much; the sandbox's few pages would only let them meet the pod's limit before their own.
    """
    asked = pod_resources(pod, config, totals.with_overhead)
    if layout.has("cpu"):
        yield {"cpu": {"shares": asked.cpu_shares}}
        period = asked.cpu_period or config.cpu_cfs_period_us
        yield {"cpu": {"period": period, "quota": asked.cpu_quota or limits.UNLIMITED}}
    if layout.has("memory"):
        said = totals.own(pod)
        own = said is not None and totals.MEMORY in said.limits
        yield {"memory": {"limit": asked.memory_limit_in_bytes if own else limits.UNLIMITED}}


def _lift_ended(layout: Layout, path: str) -> None:
    """Take the quotas from containers that have ended: v1 refuses a pod less than one below it.

    Some runtimes keep a container's cgroup until the container is removed.
    """
    directory = None if layout.is_v2 else layout.directory("cpu", path)
    for one in directory.glob("*/") if directory is not None else ():
        below = str(PurePosixPath(path, one.name))
        if not _lives(one):
            with _told("ended", f"lift the CPU quota of {below}"):
                limits.update(layout, below, {"cpu": {"quota": limits.UNLIMITED}})


def _lives(group: Path) -> bool:
    """Whether processes, of any pid namespace, are in it or below; what can't be read does."""
    try:
        return any(file.read_text() for file in group.rglob("cgroup.procs"))
    except OSError:
        return True


def _weigh(layout: Layout, path: str, qos: Qos) -> None:
    """Let the cgroup of a quality of service weigh as much as its pods."""
    if qos is Qos.GUARANTEED or not layout.has("cpu"):
        return
    with _weighing:
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
