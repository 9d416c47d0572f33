"""Open a backend by its name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runtimes.client.runtime import Opened, Runtime
from runtimes.core import discovery
from runtimes.core.configure import Config, fill, read_config
from runtimes.kubelet.events import log_event
from runtimes.kubelet.opening import kubelet_config, pod_runtime, recorder

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.core.backend import Backend
    from runtimes.core.discovery import Choice
    from runtimes.kubelet.config import KubeletConfig
    from runtimes.kubelet.events import Recorder


@dataclass(frozen=True, slots=True)
class _Asked:
    backend: Backend[Any]
    choice: Choice


def connect(
    backend: str | Backend[Any] | None = None,
    *,
    config: Config | Path | None = None,
    kubelet: KubeletConfig | None = None,
    events: Recorder | None = None,
    **options: object,
) -> Runtime:
    """Open a backend; use it as a context manager, or close it.

    Args:
        backend: its name, ``auto``, or a description; by default ``$RUNTIMES_BACKEND``, the
            configuration file's, or ``oci``.
        config: the configuration file, read or to be read, instead of the usual one.
        kubelet: where pods' records, volumes and logs go, and more of the node; by default the
            configuration's table ``[kubelet]``, and ``$RUNTIMES_KUBELET_ROOT`` for all folders.
        events: takes what happens to pods, such as "Pulling image"; by default it is logged. It is
            on record in any case, see `Pod.events`.
        options: of the backend, over those of the configuration file.

    Raises:
        BackendUnavailable: it isn't installed, is broken, or isn't usable here.
        InvalidArgument: it has no such option, or not of that type.
    """
    settings = config if isinstance(config, Config) else read_config(config)
    asked = _ask(backend, settings)
    name = asked.backend.name
    values = {**settings.backends.get(name, {}), **options}
    service = asked.backend.open(fill(asked.backend.options, values))
    node = kubelet or kubelet_config(settings.kubelet)
    record = recorder(node.root, name, events or log_event)
    opened = Opened(
        backend=asked.backend,
        why=asked.choice.why,
        runtime=pod_runtime(asked.backend, service, node, events=record),
        kubelet=node,
        service=service,
        config_path=settings.path,
        record=record,
    )
    return Runtime(opened)


def _ask(backend: str | Backend[Any] | None, settings: Config) -> _Asked:
    if backend is None or isinstance(backend, str):
        choice = discovery.choose(backend, settings.backend)
        return _Asked(discovery.load(choice.name), choice)
    return _Asked(backend, discovery.Choice(backend.name, "given as an object"))
