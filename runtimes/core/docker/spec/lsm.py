"""AppArmor and SELinux, as options of the Engine.

Source: CRI SecurityProfile, SELinuxOption; kubelet dockershim/security_context.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri import apparmor as profiles

if TYPE_CHECKING:
    from collections.abc import Collection

    from runtimes.core.cri.v1 import api_pb2 as cri

HAS_APPARMOR = "name=apparmor"
"""How `Info.SecurityOptions` says so."""


def apparmor(
    security: cri.LinuxContainerSecurityContext, security_options: Collection[str]
) -> list[str]:
    """What `SecurityOpt` says of AppArmor; nothing stands for the Engine's own profile.

    Args:
        security: of the container.
        security_options: what the Engine's `Info` says it can do.

    Raises:
        InvalidArgument: an unknown profile.
        FailedPrecondition: a localhost profile, and the Engine has no AppArmor.
    """
    name = profiles.wanted(security)
    if name.startswith(profiles.LOCALHOST) and HAS_APPARMOR not in security_options:
        raise errors.FailedPrecondition(
            f"AppArmor profile {name!r}: the Engine's host has no AppArmor enabled"
        )
    if security.privileged or not name:
        return []
    return [f"apparmor={name.removeprefix(profiles.LOCALHOST)}"]


def selinux(label: cri.SELinuxOption) -> list[str]:
    """What `SecurityOpt` says of SELinux; an Engine without it takes no notice."""
    parts = (
        ("user", label.user),
        ("role", label.role),
        ("type", label.type),
        ("level", label.level),
    )
    return [f"label={name}:{value}" for name, value in parts if value]
