"""Why a pod failed, where its exit code alone doesn't say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtimes.client import PodView
    from runtimes.core.pod import v1

_PLAIN = {"", "Error", "Completed"}


def reasons(view: PodView) -> list[str]:
    """A sentence for the pod and for each container that failed.

    A program that exited by itself in a pod's only container has nothing to be said of: it has
    spoken, and its code is passed on.
    """
    status = view.status
    ended = [
        (one.name, one.state.terminated)
        for one in (*status.init_container_statuses, *status.container_statuses)
        if one.state.terminated is not None and one.state.terminated.exit_code
    ]
    several = len(status.init_container_statuses) + len(status.container_statuses) > 1
    told = [_told(name, end) for name, end in ended if several or end.reason not in _PLAIN]
    if status.reason:
        told.insert(0, ": ".join(filter(None, (f"pod failed: {status.reason}", status.message))))
    return told


def _told(name: str, end: v1.ContainerStateTerminated) -> str:
    reason = "" if end.reason in _PLAIN else end.reason
    details = ": ".join(filter(None, (reason, end.message.strip())))
    return f"container '{name}' ended with {end.exit_code}" + (f": {details}" if details else "")
