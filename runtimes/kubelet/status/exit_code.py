"""One number for a whole pod, for a shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtimes.core.pod import v1


def exit_code(status: v1.PodStatus) -> int:
    """The first failed container's exit code, init containers first; 0 when none failed.

    A pod that failed as a whole (a deadline, an eviction) without a failed container gives 1.
    """
    statuses = (*status.init_container_statuses, *status.container_statuses)
    ended = (one.state.terminated for one in statuses)
    codes = (end.exit_code for end in ended if end is not None)
    first = next((code for code in codes if code), 0)
    return first or int(status.phase == "Failed")
