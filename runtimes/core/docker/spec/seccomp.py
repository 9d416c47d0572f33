"""The seccomp profile, as an option of the Engine.

Source: CRI SecurityProfile; kubelet dockershim/helpers_linux.go (getSeccompDockerOpts).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from typing import TypeAlias

    SecurityContext: TypeAlias = cri.LinuxContainerSecurityContext | cri.LinuxSandboxSecurityContext

UNCONFINED = ["seccomp=unconfined"]
ENGINES_OWN: list[str] = []


def options(security: SecurityContext) -> list[str]:
    """What `SecurityOpt` says of seccomp; nothing stands for the Engine's own profile.

    Privileged containers are unconfined. The deprecated `seccomp_profile_path` counts where the
    newer field is unset; with neither, the container is unconfined, as kubelet has it.

    Raises:
        InvalidArgument: an unknown profile, or one that can't be read.
    """
    if security.privileged:
        return UNCONFINED
    if not security.HasField("seccomp"):
        return _by_path(security.seccomp_profile_path)
    kind = security.seccomp.profile_type
    if kind == cri.SecurityProfile.RuntimeDefault:
        return ENGINES_OWN
    if kind == cri.SecurityProfile.Unconfined:
        return UNCONFINED
    return _localhost(security.seccomp.localhost_ref)


def _by_path(name: str) -> list[str]:
    if name in {"", "unconfined"}:
        return UNCONFINED
    if name in {"runtime/default", "docker/default"}:
        return ENGINES_OWN
    if name.startswith("localhost/"):
        return _localhost(name.removeprefix("localhost/"))
    raise errors.InvalidArgument(
        f"seccomp profile {name!r} is none of runtime/default, unconfined, localhost/PATH"
    )


def _localhost(name: str) -> list[str]:
    """The profile itself: the Engine may not see the file."""
    path = Path(name.removeprefix("localhost/"))
    if not path.is_absolute():
        raise errors.InvalidArgument(
            f"localhost seccomp profile {name!r}: kubelet must give its absolute path"
        )
    try:
        profile = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise errors.InvalidArgument(f"read seccomp profile '{path}': {error}") from error
    return [f"seccomp={json.dumps(profile, separators=(',', ':'))}"]
