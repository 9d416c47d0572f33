"""A container of a lost manifest, as far as its annotations describe it.

Source: kubelet pkg/kubelet/kuberuntime/kuberuntime_container.go (restoreSpecsFromContainerLabels).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from runtimes.core import labels, typed_json
from runtimes.core.pod import v1

if TYPE_CHECKING:
    from collections.abc import Mapping

Decoded = TypeVar("Decoded")


def described_container(name: str, annotations: Mapping[str, str]) -> v1.Container:
    """What is needed to stop it: its preStop hook, and the ports that the hook may name."""
    hook = _decoded(annotations.get(labels.CONTAINER_PRE_STOP_HANDLER, ""), v1.LifecycleHandler)
    ports = _decoded(annotations.get(labels.CONTAINER_PORTS, ""), tuple[v1.ContainerPort, ...])
    lifecycle = None if hook is None else v1.Lifecycle(pre_stop=hook)
    return v1.Container(name=name, ports=ports or (), lifecycle=lifecycle)


def _decoded(text: str, kind: type[Decoded]) -> Decoded | None:
    """What is broken is as if never written."""
    try:
        return typed_json.decode(text, kind) if text else None
    except msgspec.DecodeError:
        return None
