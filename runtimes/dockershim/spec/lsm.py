"""AppArmor and SELinux, as options of the Engine.

Source: CRI SecurityProfile, SELinuxOption; kubelet dockershim/security_context.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from collections.abc import Collection

UNCONFINED = "unconfined"
LOCALHOST = "localhost/"
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
    name = _apparmor_name(security)
    if name.startswith(LOCALHOST) and HAS_APPARMOR not in security_options:
        raise errors.FailedPrecondition(
            f"AppArmor profile {name!r}: the Engine's host has no AppArmor enabled"
        )
    if security.privileged or not name:
        return []
    return [f"apparmor={name.removeprefix(LOCALHOST)}"]


def _apparmor_name(security: cri.LinuxContainerSecurityContext) -> str:
    """``localhost/NAME``, ``unconfined``, or "" for the default; the newer field counts first."""
    if not security.HasField("apparmor"):
        name = security.apparmor_profile
    elif security.apparmor.profile_type == cri.SecurityProfile.Localhost:
        name = LOCALHOST + security.apparmor.localhost_ref.removeprefix(LOCALHOST)
    elif security.apparmor.profile_type == cri.SecurityProfile.Unconfined:
        name = UNCONFINED
    else:
        name = ""
    if name in {"", "runtime/default"}:
        return ""
    if name == UNCONFINED or (name.startswith(LOCALHOST) and name != LOCALHOST):
        return name
    raise errors.InvalidArgument(
        f"AppArmor profile {name!r} is none of runtime/default, unconfined, localhost/NAME"
    )


def selinux(label: cri.SELinuxOption) -> list[str]:
    """What `SecurityOpt` says of SELinux; an Engine without it takes no notice."""
    parts = (
        ("user", label.user),
        ("role", label.role),
        ("type", label.type),
        ("level", label.level),
    )
    return [f"label={name}:{value}" for name, value in parts if value]
