"""ImageFsInfo: where images lie, and what they take there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri import usage
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.host.usage import Usage
from runtimes.oci.image import layer

if TYPE_CHECKING:
    from runtimes.oci.image.store import ImageStore


def image_fs_info(store: ImageStore, now_ns: int) -> cri.ImageFsInfoResponse:
    """Sum up what all layers take, those of removed images that containers keep included.

    Nothing is walked: each layer's size was noted when it was unpacked. The mount point is the
    store's own folder, so whoever asks for free space asks the right file system. Containers write
    to the same one.

    Source: CRI ImageFsInfo.
    """
    used_bytes = inodes = 0
    for folder in store.layout.layers.iterdir():
        record = layer.read(store.layout, f"sha256:{folder.name}")
        if record is not None:
            used_bytes += record.used_bytes
            inodes += record.inodes
    folder = store.layout.root
    taken = usage.filesystem(Usage(used_bytes, inodes, now_ns), folder)
    return cri.ImageFsInfoResponse(image_filesystems=[taken], container_filesystems=[taken])
