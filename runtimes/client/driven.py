"""Pods that another process drives: what can't be done to them from here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from runtimes.kubelet.store.pods import PodStore


def refuse_driven(store: PodStore, namespace: str, name: str, *, anew: bool) -> None:
    """Refuse to make such a pod anew, and to change one that an agent keeps.

    Raises:
        AlreadyExists: it was to be made anew.
        FailedPrecondition: its manifest is in an agent's folder, which would win.
    """
    if anew:
        raise taken(f"{namespace}/{name}", "started or driven by another process")
    from runtimes.kubelet.agent.stamp import manifest_of

    recorded = store.get(namespace, name)
    if recorded is not None and (manifest := manifest_of(recorded)):
        raise errors.FailedPrecondition(
            f"apply pod '{namespace}/{name}': an agent keeps it; change {manifest} instead"
        )


def taken(pod: str, how: str) -> errors.AlreadyExists:
    """Say that a pod's name can't be had."""
    return errors.AlreadyExists(
        f"run pod '{pod}': one of that name is {how}; "
        "stop it first, or give the new one another name"
    )
