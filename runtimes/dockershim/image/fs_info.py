"""ImageFsInfo: where the Engine keeps layers, and what they take there.

Source: CRI ImageFsInfo; Mirantis/cri-dockerd#218 and kubernetes/kubernetes#96732 for what goes
wrong when another folder is looked at.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.core.docker.types import Info
    from runtimes.dockershim.engine import Engine


def image_fs_info(engine: Engine) -> cri.ImageFsInfoResponse:
    """What all layers take, those of containers included, which lie among them.

    The folders are walked at most every ten seconds. Containers write to the same file system.

    Raises:
        Unavailable: the Engine's folder can't be seen from here.
    Source: CRI ImageFsInfo.
    """
    folder = graph(engine.facts.info())
    if not folder.is_dir():
        raise errors.Unavailable(
            f"measure the images: the Engine says they are in '{folder}', which isn't here; does "
            "it run on another host?"
        )
    used = engine.usage.get(folder)
    usage = cri.FilesystemUsage(
        timestamp=used.timestamp_ns,
        fs_id=cri.FilesystemIdentifier(mountpoint=str(folder)),
        used_bytes=cri.UInt64Value(value=used.used_bytes),
        inodes_used=cri.UInt64Value(value=used.inodes),
    )
    return cri.ImageFsInfoResponse(image_filesystems=[usage], container_filesystems=[usage])


def graph(info: Info) -> Path:
    """The storage driver's own folder, below the Engine's. Pure."""
    return Path(info["DockerRootDir"], info["Driver"])
