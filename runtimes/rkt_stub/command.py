"""What a container runs, of its config and its image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.rkt_stub.images.store import StoredImage


def command(config: cri.ContainerConfig, image: StoredImage) -> list[str]:
    """A command replaces all of the image's; arguments alone replace the image's arguments.

    Raises:
        InvalidArgument: neither says anything.
    Source: CRI ContainerConfig.command, .args.
    """
    if config.command:
        found = [*config.command, *config.args]
    else:
        found = [*image.entrypoint, *(config.args or image.cmd)]
    found = found or list(image.app["exec"])
    if not found:
        raise errors.InvalidArgument(
            f"run container '{config.metadata.name}': neither it nor image '{image.name}' has a"
            " command"
        )
    return found
