"""AppArmor and SELinux, where the host has them.

Source: CRI SecurityProfile, SELinuxOption; runtime-spec config.md (apparmorProfile, selinuxLabel).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.oci.spec.request import SpecRequest
    from runtimes.oci.spec.schema import Process

UNCONFINED = "unconfined"
LOCALHOST = "localhost/"


def confine(request: SpecRequest, process: Process) -> None:
    """Name the profile and label that `process` runs under, if any.

    Raises:
        InvalidArgument: an unknown profile.
        FailedPrecondition: a localhost profile on a host without AppArmor.
        Unimplemented: SELinux options on a host that enforces SELinux.
    """
    profile = _apparmor(request)
    if profile:
        process["apparmorProfile"] = profile
    if request.host.selinux and request.security.HasField("selinux_options"):
        raise errors.Unimplemented(
            "selinux_options: this backend doesn't label containers yet; leave them out"
        )


def _apparmor(request: SpecRequest) -> str:
    wanted = _apparmor_name(request.security)
    if not request.host.apparmor:
        if wanted.startswith(LOCALHOST):
            raise errors.FailedPrecondition(
                f"AppArmor profile {wanted!r}: AppArmor is not enabled on this host"
            )
        return ""
    if request.privileged:
        return UNCONFINED
    return wanted.removeprefix(LOCALHOST)


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
    if name == UNCONFINED or name.startswith(LOCALHOST):
        return name
    raise errors.InvalidArgument(
        f"AppArmor profile {name!r} is none of runtime/default, unconfined, localhost/NAME"
    )
