"""The pod that the first kubelets left in a label of its containers, for whoever has to stop them.

Kubelet 1.1 left nothing else; those up to 1.4 still left it with containers that have a preStop
hook, beside labels of their own for what is in it.

Source: kubelet 1.4 pkg/kubelet/dockertools/labels.go (supplyContainerInfoWithOldLabel).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from runtimes.core import labels, typed_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runtimes.core.pod import v1


def of_container(pod: v1.Pod, name: str) -> dict[str, str]:
    """The label for a new container of that name, if it has to have it. Pure."""
    every = (*pod.spec.containers, *pod.spec.init_containers)
    lifecycle = next((one.lifecycle for one in every if one.name == name), None)
    if lifecycle is None or lifecycle.pre_stop is None:
        return {}
    return {labels.POD_DATA: msgspec.json.encode(pod).decode()}


class _Lifecycle(msgspec.Struct, rename="camel"):
    pre_stop: msgspec.Raw = msgspec.Raw(b"")


class _Container(msgspec.Struct):
    name: str = ""
    lifecycle: _Lifecycle | None = None
    ports: msgspec.Raw = msgspec.Raw(b"")


class _Spec(msgspec.Struct, rename="camel"):
    containers: tuple[_Container, ...] = ()
    init_containers: tuple[_Container, ...] = ()
    termination_grace_period_seconds: int | None = None


class _Metadata(msgspec.Struct, rename="camel"):
    deletion_grace_period_seconds: int | None = None


class _Pod(msgspec.Struct):
    """No more of a pod than a stop needs, for what a kubelet of that time wrote isn't all v1's."""

    metadata: _Metadata = msgspec.field(default_factory=_Metadata)
    spec: _Spec = msgspec.field(default_factory=_Spec)


def supplied(found: Mapping[str, str], name: str) -> dict[str, str]:
    """A container's labels, with those that its pod's data stands for; broken data for none. Pure.

    Args:
        found: the labels.
        name: of the container, as its pod calls it.
    """
    try:
        pod = typed_json.decode(found.get(labels.POD_DATA, ""), _Pod)
    except msgspec.DecodeError:
        return dict(found)
    every = (*pod.spec.containers, *pod.spec.init_containers)
    own = next((one for one in every if one.name == name), _Container())
    hook = own.lifecycle.pre_stop if own.lifecycle is not None else b""
    deletion, termination = (
        pod.metadata.deletion_grace_period_seconds,
        pod.spec.termination_grace_period_seconds,
    )
    meant = {
        labels.CONTAINER_PRE_STOP_HANDLER: bytes(hook).decode(),
        labels.CONTAINER_PORTS: bytes(own.ports).decode(),
        labels.POD_DELETION_GRACE_PERIOD: "" if deletion is None else str(deletion),
        labels.POD_TERMINATION_GRACE_PERIOD: "" if termination is None else str(termination),
    }
    return {**{key: text for key, text in meant.items() if text}, **found}
