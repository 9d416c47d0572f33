"""UpdatePodSandboxResources."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.dockershim.sandbox import find
from runtimes.dockershim.sandbox.ready import is_ready

if TYPE_CHECKING:
    from runtimes.dockershim.engine import Engine


def update_pod_sandbox_resources(
    engine: Engine,
    pod_sandbox_id: str,
    overhead: cri.LinuxContainerResources | None,
    resources: cri.LinuxContainerResources | None,
) -> None:
    """Take note of a pod's new limits, which `PodSandboxStatus` tells with `verbose`.

    They are in force already: whoever named the pod's cgroup sets it before this call, as kubelet
    does when it resizes a pod in place. Docker has no cgroup for a pod that came without one.

    Raises:
        NotFound: no such sandbox.
        FailedPrecondition: it isn't READY, or has no cgroup of its own.
    Source: CRI UpdatePodSandboxResources: "best-effort".
    """
    found = find.one(engine, pod_sandbox_id)
    what = f"update pod sandbox '{found.id}'"
    if found.record is None:
        raise errors.FailedPrecondition(f"{what}: nothing is known of it; run a new one")
    with engine.sandboxes.lock(found.record.id) as record:
        if not is_ready(engine, record, found.summary):
            raise errors.FailedPrecondition(f"{what}: it isn't ready; run a new one")
        config = cri.PodSandboxConfig.FromString(record.config)
        if not config.linux.cgroup_parent:
            raise errors.FailedPrecondition(
                f"{what}: it has no cgroup that could be limited; run it with a cgroup_parent"
            )
        for field, given in (("overhead", overhead), ("resources", resources)):
            if given is not None:
                getattr(config.linux, field).CopyFrom(given)
        engine.sandboxes.save(replace(record, config=config.SerializeToString()))
