"""AppArmor and SELinux, where the host has them.

Source: CRI SecurityProfile, SELinuxOption; runtime-spec config.md (apparmorProfile, selinuxLabel).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri import apparmor as profiles

if TYPE_CHECKING:
    from runtimes.oci.spec.request import SpecRequest
    from runtimes.oci.spec.schema import Process


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
    wanted = profiles.wanted(request.security)
    if not request.host.apparmor:
        if wanted.startswith(profiles.LOCALHOST):
            raise errors.FailedPrecondition(
                f"AppArmor profile {wanted!r}: AppArmor is not enabled on this host"
            )
        return ""
    if request.privileged:
        return profiles.UNCONFINED
    return wanted.removeprefix(profiles.LOCALHOST)
