"""ImageFsInfo: where the Engine keeps layers, and what they take there.

Source: CRI ImageFsInfo; Mirantis/cri-dockerd#218 and kubernetes/kubernetes#96732 for what goes
wrong when another folder is looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.docker.graph import image_folder

if TYPE_CHECKING:
    from runtimes.dockershim.engine import Engine


def image_fs_info(engine: Engine) -> cri.ImageFsInfoResponse:
    """What all layers take, those of containers included, which lie among them.

    The folders are walked at most every ten seconds. Containers write to the same file system.

    Raises:
        Unavailable: the Engine's folder can't be seen from here.
    Source: CRI ImageFsInfo.
    """
    folder = image_folder(engine.facts.info())
    used = engine.usage.get(folder)
    usage = cri.FilesystemUsage(
        timestamp=used.timestamp_ns,
        fs_id=cri.FilesystemIdentifier(mountpoint=str(folder)),
        used_bytes=cri.UInt64Value(value=used.used_bytes),
        inodes_used=cri.UInt64Value(value=used.inodes),
    )
    return cri.ImageFsInfoResponse(image_filesystems=[usage], container_filesystems=[usage])
