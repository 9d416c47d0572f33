"""Which namespaces a pod gets, read from its config. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri import pod_config
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from collections.abc import Mapping


def shares_pid_namespace(config: cri.PodSandboxConfig) -> bool:
    return pod_config.namespace_options(config).pid == cri.POD


def pinned_kinds(config: cri.PodSandboxConfig) -> tuple[str, ...]:
    """The namespaces that a pod has of its own; with the host's network also the host's name."""
    modes = pod_config.namespace_options(config)
    own_network = modes.network != cri.NODE
    kinds = {"net": own_network, "uts": own_network, "ipc": modes.ipc != cri.NODE}
    return tuple(kind for kind, own in kinds.items() if own)


def check(config: cri.PodSandboxConfig, handler: str, known_handlers: Mapping[str, str]) -> None:
    """Refuse what can't be a sandbox, before anything is made.

    Raises:
        InvalidArgument: metadata is missing, the handler is unknown, or a mode isn't supported.
    """
    metadata = config.metadata
    missing = [name for name in ("name", "namespace", "uid") if not getattr(metadata, name)]
    if missing:
        raise errors.InvalidArgument(
            f"run a pod sandbox: its config misses metadata.{', metadata.'.join(missing)}"
        )
    if handler not in known_handlers:
        raise errors.InvalidArgument(
            f"run pod sandbox '{metadata.name}': no runtime handler '{handler}'; "
            f"known are {', '.join(repr(name) for name in known_handlers)}"
        )
    modes = pod_config.namespace_options(config)
    if modes.HasField("userns_options") and modes.userns_options.mode == cri.POD:
        raise errors.InvalidArgument(
            f"run pod sandbox '{metadata.name}': pods with a user namespace of their own are not "
            "supported by this backend"
        )
