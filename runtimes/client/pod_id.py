"""Whose pod it is, and what is known of one that somebody else started."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from runtimes.core.pod import v1
    from runtimes.core.pod.status import PodStatus


class PodId(NamedTuple):
    """Whose pod it is."""

    uid: str
    name: str
    namespace: str


def described(who: PodId, status: PodStatus) -> v1.Pod:
    """Describe a pod that wasn't applied here by what the backend has of it."""
    from runtimes.core.pod import v1

    images = {one.name: one.image for one in reversed(status.containers)}
    return v1.Pod(
        metadata=v1.ObjectMeta(name=who.name, namespace=who.namespace, uid=who.uid),
        spec=v1.PodSpec(
            containers=tuple(v1.Container(name=n, image=image) for n, image in images.items())
        ),
    )
