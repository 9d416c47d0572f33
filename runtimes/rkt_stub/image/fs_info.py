"""ImageFsInfo: rkt's store, which holds what was fetched and the trees that pods are made of.

Source: CRI ImageFsInfo; rkt Documentation/devel/architecture.md. rktlet had no answer, and crictl
makes no call about images without one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri import usage
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.rkt_stub.shim.engine import ShimEngine


def image_fs_info(engine: ShimEngine) -> cri.ImageFsInfoResponse:
    """What all images take; containers write to the same file system.

    Source: CRI ImageFsInfo.
    """
    folder = engine.rkt.folder / "cas"
    used = usage.filesystem(engine.usage.get(folder), folder)
    return cri.ImageFsInfoResponse(image_filesystems=[used], container_filesystems=[used])
