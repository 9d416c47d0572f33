"""What the host grants only in part: resource limits, and what to tell of it beforehand.

See `runtimes.core.host.clamp` for scores and capabilities.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.host.clamp import warn_once

if TYPE_CHECKING:
    from runtimes.oci.host.facts import HostFacts

UNLIMITED = -1


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
