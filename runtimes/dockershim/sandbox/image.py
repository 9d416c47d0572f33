"""The pause image: there, or pulled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from runtimes.dockershim.engine import Engine


def ensure(engine: Engine) -> str:
    """Make sure that the Engine has the pause image; return its reference.

    Raises:
        RegistryUnavailable, ImageNotFound, Unauthenticated: it can't be pulled.
    """
    image = engine.options.sandbox_image
    try:
        engine.docker.inspect_image(image)
    except errors.ImageNotFound:
        _pull(engine, image)
    return image


def _pull(engine: Engine, image: str) -> None:
    try:
        engine.docker.pull_image(image)
    except errors.Error as error:
        raise type(error)(
            f"{error}; every pod needs the pause image: load it into the Engine, or name another "
            "by --option sandbox_image=..."
        ) from error
