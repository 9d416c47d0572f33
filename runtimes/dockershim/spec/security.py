"""A container's security context in a host config.

Source: CRI LinuxContainerSecurityContext; kubelet dockershim/security_context.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.dockershim.spec import capabilities, lsm, privilege, seccomp, user

if TYPE_CHECKING:
    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.core.docker.types import HostConfig
    from runtimes.dockershim.spec.request import CreateRequest


def put(config: HostConfig, request: CreateRequest) -> None:
    """Write it; the user isn't part of a host config, see `user`.

    Raises:
        InvalidArgument, FailedPrecondition, Unimplemented: what can't be had, see the parts.
    """
    asked = request.security
    config["ReadonlyRootfs"] = asked.readonly_rootfs
    config["GroupAdd"] = user.groups(asked)
    config["SecurityOpt"] = [
        *seccomp.options(asked),
        *lsm.apparmor(asked, request.security_options),
        *lsm.selinux(asked.selinux_options),
    ]
    if asked.privileged:
        privilege.grant(config, request)
    else:
        config["CapAdd"] = capabilities.added(asked.capabilities, request.grants)
        config["CapDrop"] = capabilities.dropped(asked.capabilities, request.grants, request.api)
        _put_paths(config, request.config)
    if asked.no_new_privs:
        config["SecurityOpt"].append("no-new-privileges")


def _put_paths(config: HostConfig, asked: cri.ContainerConfig) -> None:
    """An empty list is none; who says nothing about security gets the Engine's safe defaults."""
    if asked.linux.HasField("security_context"):
        config["MaskedPaths"] = list(asked.linux.security_context.masked_paths)
        config["ReadonlyPaths"] = list(asked.linux.security_context.readonly_paths)
