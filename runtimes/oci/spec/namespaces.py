"""Which namespaces a container has of its own, shares with its pod, or with the host.

Source: CRI NamespaceOption; runtime-spec config-linux.md (namespaces).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.oci.spec.request import SpecRequest
    from runtimes.oci.spec.schema import Namespace

NODE, POD = cri.NamespaceMode.NODE, cri.NamespaceMode.POD
CONTAINER, TARGET = cri.NamespaceMode.CONTAINER, cri.NamespaceMode.TARGET


def container(request: SpecRequest) -> list[Namespace]:
    """The spec's list; a type that isn't in it is the host's.

    Raises:
        InvalidArgument: a mode that a type can't have.
        FailedPrecondition: the sandbox, or the target container, lacks the namespace.
        Unimplemented: a user namespace that the sandbox didn't make.
    """
    options = request.security.namespace_options
    found: list[Namespace] = [{"type": "mount"}]
    if request.host.cgroup.is_v2 and not request.privileged:
        found.append({"type": "cgroup"})
    found += _shared(request, "network", options.network)
    found += _shared(request, "ipc", options.ipc)
    if options.network != NODE and "uts" in request.sandbox.namespaces:
        found += _shared(request, "uts", POD)
    found += _pid(request, options.pid)
    found += _user(request, options)
    return found


def _shared(request: SpecRequest, kind: str, mode: cri.NamespaceMode.ValueType) -> list[Namespace]:
    if mode == NODE:
        return []
    if mode != POD:
        name = cri.NamespaceMode.Name(mode)
        raise errors.InvalidArgument(f"namespace_options.{kind}: {name} is neither POD nor NODE")
    return [{"type": kind, "path": _pinned(request, kind)}]


def _pinned(request: SpecRequest, kind: str) -> str:
    path = request.sandbox.namespaces.get(kind)
    if path is None:
        raise errors.FailedPrecondition(
            f"container {request.config.metadata.name!r} shares the pod's {kind} namespace, but "
            f"sandbox {request.sandbox.id} has none of its own; give both the same mode"
        )
    return str(path)


def _pid(request: SpecRequest, mode: cri.NamespaceMode.ValueType) -> list[Namespace]:
    if mode == NODE:
        return []
    if mode == CONTAINER:
        return [{"type": "pid"}]
    if mode == POD:
        return [{"type": "pid", "path": _pinned(request, "pid")}]
    if request.target_pid_namespace is None:
        raise errors.FailedPrecondition(
            "namespace_options.pid is TARGET, but the target container "
            f"{request.security.namespace_options.target_id!r} is not running in this pod"
        )
    return [{"type": "pid", "path": str(request.target_pid_namespace)}]


def _user(request: SpecRequest, options: cri.NamespaceOption) -> list[Namespace]:
    if not options.HasField("userns_options") or options.userns_options.mode == NODE:
        return []
    if "user" not in request.sandbox.namespaces:
        raise errors.Unimplemented(
            "namespace_options.userns_options: this backend has no user namespaces for pods yet; "
            "use hostUsers: true"
        )
    return [{"type": "user", "path": _pinned(request, "user")}]
