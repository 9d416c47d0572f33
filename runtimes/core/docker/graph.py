"""Where an Engine keeps layers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from runtimes.core.docker.types import Info


def image_folder(info: Info) -> Path:
    """The storage driver's own folder, below the Engine's.

    Raises:
        Unavailable: it can't be seen from here.
    """
    folder = Path(info["DockerRootDir"], info["Driver"])
    if not folder.is_dir():
        raise errors.Unavailable(
            f"measure the images: the Engine says they are in '{folder}', which isn't here; does "
            "it run on another host?"
        )
    return folder
