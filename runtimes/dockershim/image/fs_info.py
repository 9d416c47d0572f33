"""ImageFsInfo: where the Engine keeps layers, and what they take there.

Source: CRI ImageFsInfo; Mirantis/cri-dockerd#218 and kubernetes/kubernetes#96732 for what goes
wrong when another folder is looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri import usage
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.docker.graph import image_folder

if TYPE_CHECKING:
    from runtimes.dockershim.engine import Engine


def image_fs_info(engine: Engine) -> cri.ImageFsInfoResponse:
    """What all layers take, those of containers included, which lie among them.

    The folders are walked when the last answer is older than ten seconds, which may take a while:
    kubelet gives this call all the time that it wants. Containers write to the same file system.

    Raises:
        Unavailable: the Engine's folder can't be seen from here.
    Source: CRI ImageFsInfo.
    """
    folder = image_folder(engine.facts.info())
    used = usage.filesystem(engine.usage.get(folder), folder)
    return cri.ImageFsInfoResponse(image_filesystems=[used], container_filesystems=[used])
