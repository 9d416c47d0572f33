"""Ask for no more than the host grants, and say so once, where other runtimes fail to start.

Each function returns the nearest value that will work; the first loss of each kind in a process
is logged as a warning. `losses` tells beforehand, for `probe`.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runtimes.oci.host.facts import HostFacts

log = logging.getLogger(__name__)
_said: set[str] = set()
_said_lock = threading.Lock()

UNLIMITED = -1


def warn_once(kind: str, message: str, *arguments: object) -> None:
    """Log a warning the first time that this process meets `kind`."""
    with _said_lock:
        if kind in _said:
            return
        _said.add(kind)
    log.warning(message, *arguments)


def clamp_oom_score_adj(wanted: int, facts: HostFacts) -> int:
    """Keep `wanted` within -1000..1000 and not below what a child of this process may have."""
    granted = max(min(wanted, 1000), facts.oom_score_adj_floor, -1000)
    if granted > wanted:
        warn_once(
            "oom_score_adj",
            "oom_score_adj=%d asked, %d granted: lowering it needs CAP_SYS_RESOURCE",
            wanted,
            granted,
        )
    return granted


def clamp_rlimit(kind: str, soft: int, hard: int, facts: HostFacts) -> tuple[int, int]:
    """Keep a soft and hard limit (-1: unlimited) within this process's own hard limit."""
    ceiling = facts.rlimits.get(kind, UNLIMITED)
    if facts.can_raise_rlimits or ceiling == UNLIMITED:
        return soft, hard
    granted = (_at_most(soft, ceiling), _at_most(hard, ceiling))
    if granted != (soft, hard):
        warn_once(
            kind,
            "%s=%d:%d asked, %d:%d granted: raising it needs CAP_SYS_RESOURCE",
            *(kind, soft, hard, *granted),
        )
    return granted


def _at_most(value: int, ceiling: int) -> int:
    return ceiling if value == UNLIMITED else min(value, ceiling)


def clamp_capabilities(wanted: Iterable[str], facts: HostFacts) -> frozenset[str]:
    """Keep the capabilities that a child of this process can have."""
    asked = frozenset(wanted)
    granted = asked & facts.bounding
    if granted != asked:
        warn_once(
            "capabilities",
            "capabilities %s asked, which this host doesn't grant: they are left out",
            ", ".join(sorted(asked - granted)),
        )
    return granted


def losses(facts: HostFacts) -> tuple[str, ...]:
    """What this host grants only in part, one sentence each."""
    found = []
    if facts.oom_score_adj_floor > -1000:
        found.append(
            f"no CAP_SYS_RESOURCE: oom_score_adj is kept at {facts.oom_score_adj_floor} or above"
        )
    if not facts.can_raise_rlimits and facts.rlimits.get("RLIMIT_NOFILE", UNLIMITED) > 0:
        found.append(
            "no CAP_SYS_RESOURCE: resource limits are kept at "
            f"{facts.rlimits['RLIMIT_NOFILE']} open files and the like"
        )
    if facts.apparmor:
        found.append("AppArmor: only localhost profiles are applied, the default is unconfined")
    if facts.selinux:
        found.append("SELinux: containers and their files are not labelled")
    return tuple(found)
