"""A root file system as a tar archive: one layer, and a configuration that says nothing.

The same archive makes the same image, so importing it again changes nothing.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from runtimes.core import deadline
from runtimes.oci.image.archive.found import FileLayer, FoundImage
from runtimes.oci.image.unpack.compression import decompress
from runtimes.oci.registry.platform import host_platform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def image(read: Callable[[], Iterator[bytes]]) -> FoundImage:
    """Make an image of an archive; `read` yields its bytes, compressed or not, from the start.

    Raises:
        BadLayer: its compressed data is damaged.
    """
    found = hashlib.sha256()
    for chunk in decompress(read()):
        deadline.check("read the archive")
        found.update(chunk)
    host = host_platform()
    config = {
        "architecture": host.architecture,
        "os": host.os,
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{found.hexdigest()}"]},
    }
    if host.variant:
        config["variant"] = host.variant
    return FoundImage(
        config_data=json.dumps(config, sort_keys=True, separators=(",", ":")).encode(),
        layers=(FileLayer(read),),
        blobs={},
        is_bare=True,
    )
