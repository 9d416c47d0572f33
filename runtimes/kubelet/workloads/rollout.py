"""Which pods of a Deployment have to wait until others have changed; pure.

A changed pod keeps its name, so there is no surge. At most `maxUnavailable` of the pods, and one in
any case, are changed and not available again; `Recreate` ends all before the first one starts anew.

Source: kubernetes pkg/controller/deployment/rolling.go, recreate.go, util/deployment_util.go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.kubelet.workloads.plan import replicas_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from runtimes.core.pod.workloads import Deployment
    from runtimes.kubelet.workloads.model import Known

DEFAULT_UNAVAILABLE = "25%"


@dataclass(frozen=True, slots=True)
class Rollout:
    """How far it may go now.

    Attributes:
        waiting: names of pods that stay as they are for now.
        ending: names of pods that go, and come back when all of them have gone.
        check_after: seconds after which one counts as available though nothing changes.
    """

    waiting: frozenset[str] = frozenset()
    ending: frozenset[str] = frozenset()
    check_after: float | None = None


def roll_out(
    wanted: Deployment,
    outdated: AbstractSet[str],
    known: Mapping[str, Known | None],
    now: float,
) -> Rollout:
    """Decide it.

    Args:
        wanted: the Deployment, judged.
        outdated: names of pods that are, and not as the template says.
        known: what became of each pod that is; None where that isn't known yet.
        now: seconds since the epoch.
    """
    if not outdated:
        return Rollout()
    strategy = wanted.spec.strategy
    if strategy is not None and strategy.type == "Recreate":
        return Rollout(ending=frozenset(outdated))
    if any(one is None for one in known.values()):
        return Rollout(waiting=frozenset(outdated))
    waits = {name: _wait(wanted, one, now) for name, one in known.items()}
    changing = [name for name in known if name not in outdated and waits[name] != 0]
    free = max(0, max_unavailable(wanted) - len(changing))
    ready = sorted(name for name in outdated if waits[name] is not None)
    return Rollout(
        waiting=frozenset(ready[free:]),
        check_after=min((wait for wait in map(waits.get, changing) if wait), default=None),
    )


def max_unavailable(wanted: Deployment) -> int:
    """How many pods may be away at once: at least one, a percentage rounded down."""
    strategy = wanted.spec.strategy
    rolling = strategy.rolling_update if strategy is not None else None
    given = rolling.max_unavailable if rolling is not None else None
    number = DEFAULT_UNAVAILABLE if given is None else given
    if isinstance(number, str) and number.endswith("%"):
        number = replicas_of(wanted) * int(number[:-1]) // 100
    return max(1, int(number))


def _wait(wanted: Deployment, known: Known | None, now: float) -> float | None:
    """Seconds until a pod counts as available; None when nobody can tell."""
    if known is None or known.ready_since is None:
        return None
    return max(0.0, known.ready_since + (wanted.spec.min_ready_seconds or 0) - now)
