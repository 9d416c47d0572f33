"""Resource limits of a container's processes. The CRI has no field for them.

Source: getrlimit(2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.oci.host.clamp import UNLIMITED

if TYPE_CHECKING:
    from runtimes.oci.host.facts import HostFacts
    from runtimes.oci.spec.schema import Rlimit

SOFT_FILES, HARD_FILES = 65_536, 1_048_576
"""Enough for servers, and few enough for programs that close every descriptor at their start."""


def container(host: HostFacts) -> list[Rlimit]:
    """The number of open files, the same whoever starts the container, as far as the host grants.

    Everything else is inherited.
    """
    ceiling = host.rlimits.get("RLIMIT_NOFILE", UNLIMITED)
    if host.can_raise_rlimits or ceiling == UNLIMITED:
        ceiling = HARD_FILES
    hard = min(HARD_FILES, ceiling)
    return [{"type": "RLIMIT_NOFILE", "soft": min(SOFT_FILES, hard), "hard": hard}]
