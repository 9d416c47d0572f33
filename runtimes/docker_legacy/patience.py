"""How long each kind of call may take when the caller sets no deadline of its own.

Pulls, logs, attached streams, events and resizes have no bound: they take as long as they take.

Source: kubelet 1.4 dockertools/kube_docker_client.go (its three kinds of context).
"""

from __future__ import annotations

from runtimes.core import deadline

KUBELET = 120.0
STOP_MARGIN = 10.0


def short(base: float) -> float | None:
    """Bound a call that the Engine answers from what it knows."""
    return deadline.remaining(base)


def stop(base: float, grace: int) -> float | None:
    """Bound a stop: never shorter than its grace period, whatever `base` is."""
    return deadline.remaining(max(base, grace) + STOP_MARGIN)


def unbounded() -> float | None:
    """Bound a long call by the caller's deadline alone."""
    return deadline.remaining()
