"""Who a container's process is, as the Engine's `User` and `GroupAdd`.

Source: CRI LinuxContainerSecurityContext; kubelet dockershim/security_context.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from typing import TypeAlias

    SecurityContext: TypeAlias = cri.LinuxContainerSecurityContext | cri.LinuxSandboxSecurityContext

LARGEST_ID = 2**32 - 2
"""(uid_t) -1 means "leave as it is" to the kernel."""


def user(security: SecurityContext) -> str:
    """``user[:group]``, by number or name; "" leaves the image's.

    The number wins over the name. A name is looked up in the image when the container starts.

    Raises:
        InvalidArgument: an impossible id, or a group without a user.
    """
    name = _username(security)
    if security.HasField("run_as_user"):
        name = _valid_id(security.run_as_user.value, "run_as_user")
    if not security.HasField("run_as_group"):
        return name
    if not name:
        raise errors.InvalidArgument(
            "run_as_group is given without run_as_user or run_as_username; give the user too"
        )
    return f"{name}:{_valid_id(security.run_as_group.value, 'run_as_group')}"


def groups(security: SecurityContext) -> list[str]:
    """Groups beside those that the image gives the user.

    Raises:
        InvalidArgument: an impossible id.
        Unimplemented: the policy Strict, since an Engine always keeps the image's groups.
    """
    if security.supplemental_groups_policy == cri.SupplementalGroupsPolicy.Strict:
        raise errors.Unimplemented(
            "supplemental_groups_policy Strict: Docker always adds the groups that the image "
            "gives the user; use Merge"
        )
    return [_valid_id(group, "supplemental_groups") for group in security.supplemental_groups]


def _username(security: SecurityContext) -> str:
    if isinstance(security, cri.LinuxContainerSecurityContext):
        return security.run_as_username
    return ""


def _valid_id(value: int, field: str) -> str:
    if not 0 <= value <= LARGEST_ID:
        raise errors.InvalidArgument(f"{field} {value} is not between 0 and {LARGEST_ID}")
    return str(value)
