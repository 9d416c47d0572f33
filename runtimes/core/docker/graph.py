"""Where an Engine keeps layers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from runtimes.core.docker.types import Info

_SNAPSHOTTERS = "io.containerd.snapshotter.v1"
_CONTAINERD = Path("/var/lib/containerd")
"""Where the host's containerd keeps all of its own, unless it is told otherwise."""


def image_folder(info: Info, containerd: Path = _CONTAINERD) -> Path:
    """The folder of the storage driver, or of containerd's snapshotter where that has the images.

    Raises:
        Unavailable: it can't be seen from here.
    """
    possible = _folders(info, containerd)
    for folder in possible:
        if folder.is_dir():
            return folder
    raise errors.Unavailable(
        f"measure the images: by what the Engine says they are in "
        f"{' or '.join(map(repr, map(str, possible)))}, which isn't here; does it run on another "
        "host?"
    )


def _folders(info: Info, containerd: Path) -> list[Path]:
    """An Engine says which snapshotter it uses, but not whether of its own containerd. Pure."""
    own = Path(info["DockerRootDir"])
    if not uses_containerd(info):
        return [own / info["Driver"]]
    folder = f"{_SNAPSHOTTERS}.{info['Driver']}"
    return [root / folder for root in (own / "containerd/daemon", containerd)]


def uses_containerd(info: Info) -> bool:
    """Whether images are in containerd's store, as they are by default from Docker 29 on. Pure."""
    return ["driver-type", _SNAPSHOTTERS] in [list(pair) for pair in info["DriverStatus"] or ()]
