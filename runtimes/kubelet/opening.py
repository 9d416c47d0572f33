"""From a backend's service to a PodRuntime, and from a configuration to a node's settings."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from runtimes.core.backend import Kind
from runtimes.core.configure import fill
from runtimes.core.hops import Layer, observed
from runtimes.kubelet.config import KubeletConfig

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runtimes.core.backend import Backend
    from runtimes.core.pod.runtime import PodRuntime
    from runtimes.kubelet.events import Event, Recorder
    from runtimes.kubelet.generic.node import Surroundings
    from runtimes.kubelet.journal.journal import Journal

ROOT_VARIABLE = "RUNTIMES_KUBELET_ROOT"


@runtime_checkable
class Settler(Protocol):
    """A PodRuntime of its own that uses the kubelet's settings and surroundings."""

    def settle(self, config: KubeletConfig, around: Surroundings) -> None:
        """Take them; before the first pod."""
        ...


def kubelet_config(
    table: Mapping[str, object], *, environ: Mapping[str, str] | None = None
) -> KubeletConfig:
    """Read the settings of the node from ``[kubelet]``; the root variable moves all folders.

    A root of one's own has its own logs, too: garbage collection takes those without a record.

    Raises:
        InvalidArgument: an unknown name, or a value of another type.
    """
    root = (os.environ if environ is None else environ).get(ROOT_VARIABLE, "")
    if root:
        table = {**table, "root": root, "log_root": str(Path(root, "logs"))}
    elif "root" in table:
        table = {"log_root": str(Path(str(table["root"]), "logs")), **table}
    return fill(KubeletConfig, table)


def recorder(root: Path, backend: str, tell: Recorder) -> Recorder:
    """Note what happens to pods in their journal, and tell it too."""

    @cache
    def journal() -> Journal:
        from runtimes.kubelet.store.pods import PodStore

        return PodStore(root, backend).journal

    def record(event: Event) -> None:
        journal().record(event)
        tell(event)

    return record


def pod_runtime(
    backend: Backend[Any],
    service: Any,  # noqa: ANN401 - what `open` gives depends on the kind
    node: KubeletConfig,
    *,
    events: Recorder | None = None,
    is_removed: Callable[[str], bool] | None = None,
) -> PodRuntime:
    """The backend's own PodRuntime, or the generic one over its CRI service.

    `events` takes what happens to pods, by default it is logged; `is_removed` tells garbage
    collection that a pod's uid is gone for good, by default none is.
    """
    from runtimes.kubelet.events import log_event
    from runtimes.kubelet.generic.node import Surroundings, never_removed
    from runtimes.kubelet.store.source import StoredObjects

    around = Surroundings(
        record=events or log_event,
        objects=StoredObjects(node.root, backend.name),
        claims=backend.capabilities,
        is_removed=is_removed or never_removed,
    )
    if backend.kind is Kind.POD:
        if isinstance(service, Settler):
            service.settle(node, around)
        runtime: PodRuntime = service
        return observed(runtime, Layer.POD)
    from runtimes.kubelet.generic.runtime import GenericRuntime

    generic: PodRuntime = GenericRuntime(
        observed(service, Layer.CRI), name=backend.name, config=node, around=around
    )
    return observed(generic, Layer.POD)
