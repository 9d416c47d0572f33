"""A container's OCI spec from what the CRI asked, its image, its sandbox and the host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cgroup.paths import container_path
from runtimes.oci.seccomp.choose import BPF_ANNOTATION, choose, filter_for
from runtimes.oci.seccomp.profile import Target
from runtimes.oci.seccomp.table import default_profile
from runtimes.oci.spec import (
    annotate,
    capabilities,
    devices,
    mounts,
    namespaces,
    paths,
    process,
    resources,
)

if TYPE_CHECKING:
    from runtimes.oci.seccomp.choose import Filter
    from runtimes.oci.spec.request import SpecRequest
    from runtimes.oci.spec.schema import Linux, Spec

OCI_VERSION = "1.0.2"


def build(request: SpecRequest) -> Spec:
    """Build the ``config.json`` of a container.

    The same request gives the same spec, as long as the files that it reads through the request
    don't change. Missing host directories of mounts are made on the way.

    Raises:
        InvalidArgument: the config can't be had: an unknown user, capability or profile, no
            command, a bad path; the message names the field.
        FailedPrecondition: the host or the sandbox lacks what it needs.
        Unimplemented: user namespaces and mappings that aren't there yet.
    Source: CRI ContainerConfig; runtime-spec config.md.
    """
    caps = capabilities.container(request)
    seccomp = _seccomp(request, frozenset(caps["bounding"]))
    plan = mounts.plan(request)
    spec: Spec = {
        "ociVersion": OCI_VERSION,
        "process": process.container(request, caps),
        "root": {"path": str(request.rootfs), "readonly": request.security.readonly_rootfs},
        "mounts": plan.mounts,
        "annotations": annotate.container(request),
        "linux": _linux(request, seccomp),
    }
    if plan.rootfs_propagation:
        spec["linux"]["rootfsPropagation"] = plan.rootfs_propagation
    if seccomp is not None and seccomp.bpf is not None:
        spec["annotations"][BPF_ANNOTATION] = seccomp.bpf
    return spec


def _linux(request: SpecRequest, seccomp: Filter | None) -> Linux:
    access = devices.plan(request)
    linux: Linux = {
        "namespaces": namespaces.container(request),
        "resources": resources.container(request) | {"devices": access.rules},
        "cgroupsPath": container_path(request.sandbox.cgroup, request.container_id),
        "devices": access.devices,
        "maskedPaths": paths.masked(request),
        "readonlyPaths": paths.readonly(request),
    }
    if seccomp is not None:
        linux["seccomp"] = seccomp.rules
    return linux


def _seccomp(request: SpecRequest, bounding: frozenset[str]) -> Filter | None:
    profile = choose(request.security) if paths.has_context(request) else default_profile()
    if profile is None or not request.host.seccomp:
        return None
    target = Target(bounding, request.host.machine, request.host.kernel)
    return filter_for(profile, target, request.runtime, request.cache)
