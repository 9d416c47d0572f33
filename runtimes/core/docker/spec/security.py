"""A container's security context in a host config.

Source: CRI LinuxContainerSecurityContext; kubelet dockershim/security_context.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.docker.spec import capabilities, lsm, privilege, seccomp, user

if TYPE_CHECKING:
    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.core.docker.facts import EngineHost
    from runtimes.core.docker.types import HostConfig


def put(config: HostConfig, container: cri.ContainerConfig, host: EngineHost) -> None:
    """Write it; the user isn't part of a host config, see `user`.

    Raises:
        InvalidArgument, FailedPrecondition, Unimplemented: what can't be had, see the parts.
    """
    asked = container.linux.security_context
    config["ReadonlyRootfs"] = asked.readonly_rootfs
    config["GroupAdd"] = user.groups(asked)
    config["SecurityOpt"] = [
        *seccomp.options(asked),
        *lsm.apparmor(asked, host.security_options),
        *lsm.selinux(asked.selinux_options),
    ]
    if asked.privileged:
        privilege.grant(config, host)
    else:
        config["CapAdd"] = capabilities.added(asked.capabilities, host.grants)
        config["CapDrop"] = capabilities.dropped(asked.capabilities, host.grants, host.api)
        _put_paths(config, container)
    if asked.no_new_privs:
        config["SecurityOpt"].append("no-new-privileges")


def _put_paths(config: HostConfig, asked: cri.ContainerConfig) -> None:
    """An empty list is none; who says nothing about security gets the Engine's safe defaults."""
    if asked.linux.HasField("security_context"):
        config["MaskedPaths"] = list(asked.linux.security_context.masked_paths)
        config["ReadonlyPaths"] = list(asked.linux.security_context.readonly_paths)
