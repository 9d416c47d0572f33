"""Why containers that should run don't: the last start of each, if it failed.

Source: kubelet pkg/kubelet/reason_cache.go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core.pod.sync import Action

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runtimes.core.pod.sync import PodSyncResult


@dataclass(frozen=True, slots=True)
class WaitReason:
    """For ``state.waiting``."""

    reason: str
    message: str


def updated_reasons(
    before: Mapping[str, WaitReason], result: PodSyncResult
) -> dict[str, WaitReason]:
    """Take in a sync: a failed start is remembered by container, a good one forgets it."""
    reasons = dict(before)
    for one in result.results:
        if one.action is not Action.START_CONTAINER:
            continue
        if one.reason is None:
            reasons.pop(one.target, None)
        else:
            reasons[one.target] = WaitReason(str(one.reason), one.message)
    return reasons
