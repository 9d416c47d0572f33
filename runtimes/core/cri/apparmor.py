"""The AppArmor profile that a container asks for. Pure.

Source: CRI SecurityProfile, LinuxContainerSecurityContext.
"""

from __future__ import annotations

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri

UNCONFINED = "unconfined"
LOCALHOST = "localhost/"


def wanted(security: cri.LinuxContainerSecurityContext) -> str:
    """``localhost/NAME``, ``unconfined``, or "" for the default; the newer field counts first.

    Raises:
        InvalidArgument: an unknown profile.
    """
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
