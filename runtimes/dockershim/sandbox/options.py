"""What a sandbox was asked to be, read from its config. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri import pod_config
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from collections.abc import Collection


def check(config: cri.PodSandboxConfig, handler: str, known_handlers: Collection[str]) -> None:
    """Refuse what can't be a sandbox, before anything is made.

    Raises:
        InvalidArgument: metadata is missing, or the handler is unknown.
        Unimplemented: a user namespace of the pod's own.
    """
    metadata = config.metadata
    missing = [name for name in ("name", "namespace", "uid") if not getattr(metadata, name)]
    if missing:
        raise errors.InvalidArgument(
            f"run a pod sandbox: its config misses metadata.{', metadata.'.join(missing)}"
        )
    if handler not in known_handlers:
        raise errors.InvalidArgument(
            f"run pod sandbox '{metadata.name}': no runtime handler '{handler}'; known are "
            f"{', '.join(repr(name) for name in known_handlers)}, see runtimes of the Engine"
        )
    modes = pod_config.namespace_options(config)
    if modes.HasField("userns_options") and modes.userns_options.mode == cri.POD:
        raise errors.Unimplemented(
            f"run pod sandbox '{metadata.name}': Docker maps the ids of all containers or of "
            "none, see its daemon's userns-remap"
        )
