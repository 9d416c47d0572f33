"""UpdatePodSandboxResources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cgroup import limits, tree
from runtimes.core.cgroup import paths as cgroup_paths
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.sandbox.ready import is_ready
from runtimes.oci.spec import resources as spec_resources

if TYPE_CHECKING:
    from runtimes.oci.engine import Engine

_ADDED = ("memory_limit_in_bytes", "cpu_quota", "cpu_shares")


def update_pod_sandbox_resources(
    engine: Engine,
    pod_sandbox_id: str,
    overhead: cri.LinuxContainerResources | None,
    resources: cri.LinuxContainerResources | None,
) -> None:
    """Limit the pod's own cgroup; one that the caller named at creation is the caller's business.

    Raises:
        NotFound: no such sandbox.
        FailedPrecondition: it isn't READY.
        InvalidArgument: a value that the kernel refuses.
    Source: CRI UpdatePodSandboxResources: "best-effort".
    """
    with engine.sandboxes.lock(engine.sandboxes.resolve(pod_sandbox_id)) as record:
        if not is_ready(engine, record):
            raise errors.FailedPrecondition(
                f"update pod sandbox '{record.id}': it isn't ready; run a new one"
            )
        base = cgroup_paths.base(engine.cgroups, engine.facts.uid)
        if cgroup_paths.is_ours(record.cgroup_parent, base):
            tree.create(engine.cgroups, record.cgroup_parent)
            changes = spec_resources.convert(total(overhead, resources), engine.cgroups)
            limits.update(engine.cgroups, record.cgroup_parent, changes)


def total(
    overhead: cri.LinuxContainerResources | None, resources: cri.LinuxContainerResources | None
) -> cri.LinuxContainerResources:
    """The pod's limits: its containers' and, where those are limited, its overhead on top. Pure."""
    found = cri.LinuxContainerResources()
    if resources is not None:
        found.CopyFrom(resources)
    for name in _ADDED:
        limit = getattr(found, name)
        if overhead is not None and limit > 0:
            setattr(found, name, limit + getattr(overhead, name))
    return found
