"""Whether a pod's start has come to an end, good or bad: pure looks at a view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.pod.sync import BACK_OFFS, Action

if TYPE_CHECKING:
    from runtimes.core.pod import v1
    from runtimes.kubelet.status.view import PodView

_STARTS = {
    Action.START_CONTAINER,
    Action.INIT_CONTAINER,
    Action.CREATE_POD_SANDBOX,
    Action.CONFIG_POD_SANDBOX,
    Action.SETUP_NETWORK,
}


def has_started(view: PodView) -> bool:
    """Every regular container runs, or has run; or the pod has ended before that."""
    statuses = view.status.container_statuses
    return view.finished or (bool(statuses) and all(map(_has_run, statuses)))


def start_failure(view: PodView, container: str = "") -> tuple[str, str, str] | None:
    """What the last sync couldn't start: container (empty for the pod), reason and message.

    With `container`, failures of others don't count.
    """
    for result in view.result.failures:
        if result.action in _STARTS and result.reason not in BACK_OFFS:
            on_pod = result.action not in {Action.START_CONTAINER, Action.INIT_CONTAINER}
            if on_pod or container in {"", result.target}:
                return "" if on_pod else result.target, str(result.reason), result.message
    return ("", "FailedSync", view.result.error) if view.result.error else None


def _has_run(status: v1.ContainerStatus) -> bool:
    state = status.state
    return bool(state.running or state.terminated or status.last_state.terminated)
