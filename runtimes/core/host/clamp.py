"""Ask for no more than the host grants, and say so once, where others fail to start.

Each function returns the nearest value that will work; the first loss of each kind in a process
is logged as a warning.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from runtimes.core.host import capabilities

if TYPE_CHECKING:
    from collections.abc import Iterable

WHOLE_HOST = "0 0 4294967295"
log = logging.getLogger(__name__)
_said: set[str] = set()
_said_lock = threading.Lock()


class Grants(Protocol):
    """What a host lets a container have."""

    @property
    def oom_score_adj_floor(self) -> int:
        """The lowest oom_score_adj that a child process may get."""
        ...

    @property
    def bounding(self) -> frozenset[str]:
        """The most capabilities that a child process can have."""
        ...


@dataclass(frozen=True, slots=True)
class HostGrants:
    """What this process could give a child; so could an Engine that runs beside it."""

    oom_score_adj_floor: int
    bounding: frozenset[str]


@cache
def host_grants() -> HostGrants:
    """Look at the running host, once per process."""
    return detect()


def detect(root: Path = Path("/")) -> HostGrants:
    """Look at a host; `root` stands for / in /proc."""
    status = (root / "proc/self/status").read_text()
    effective = capabilities.from_status(status, "CapEff")
    may_lower = "CAP_SYS_RESOURCE" in effective and not in_user_namespace(root)
    return HostGrants(
        oom_score_adj_floor=-1000 if may_lower else own_oom_score_adj(root),
        bounding=capabilities.from_status(status, "CapBnd"),
    )


def in_user_namespace(root: Path = Path("/")) -> bool:
    """Whether ids are mapped, so that capabilities don't reach the host's own objects."""
    try:
        return " ".join((root / "proc/self/uid_map").read_text().split()) != WHOLE_HOST
    except OSError:
        return False


def own_oom_score_adj(root: Path = Path("/")) -> int:
    try:
        return int((root / "proc/self/oom_score_adj").read_text())
    except (OSError, ValueError):
        return 0


def warn_once(kind: str, message: str, *arguments: object) -> None:
    """Log a warning the first time that this process meets `kind`."""
    with _said_lock:
        if kind in _said:
            return
        _said.add(kind)
    log.warning(message, *arguments)


def clamp_oom_score_adj(wanted: int, grants: Grants) -> int:
    """Keep `wanted` within -1000..1000 and not below what a child of this process may have."""
    granted = max(min(wanted, 1000), grants.oom_score_adj_floor, -1000)
    if granted > wanted:
        warn_once(
            "oom_score_adj",
            "oom_score_adj=%d asked, %d granted: lowering it needs CAP_SYS_RESOURCE",
            wanted,
            granted,
        )
    return granted


def clamp_capabilities(wanted: Iterable[str], grants: Grants) -> frozenset[str]:
    """Keep the capabilities that a child of this process can have."""
    asked = frozenset(wanted)
    granted = asked & grants.bounding
    if granted != asked:
        warn_once(
            "capabilities",
            "capabilities %s asked, which this host doesn't grant: they are left out",
            ", ".join(sorted(asked - granted)),
        )
    return granted
