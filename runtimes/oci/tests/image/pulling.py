"""What the tests of pulling share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.image.pull import pull_image
from runtimes.oci.registry.options import RegistryOptions
from runtimes.oci.tests.image.tarballs import Member, folder, tar

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.oci.image.store import ImageStore

BASE = tar(folder("etc"), Member("etc/os", b"base" * 1000))
TOP = tar(Member("etc/.wh.os"), Member("app", b"top", mode=0o755))


def fetch(
    store: ImageStore,
    name: str,
    auth: cri.AuthConfig | None = None,
    *,
    docker_config: Path | None = None,
    ca_file: Path | None = None,
) -> str:
    """Pull, without much patience."""
    options = RegistryOptions(
        attempts=2,
        connect_timeout=5,
        read_timeout=5,
        docker_config=docker_config,
        ca_file=ca_file,
    )
    return pull_image(store, cri.ImageSpec(image=name), auth, options=options)


def is_empty(store: ImageStore) -> bool:
    """Whether nothing of any image is left."""
    layout = store.layout
    leftovers = (layout.images, layout.layers, layout.leases, layout.trash)
    return not any(path for place in leftovers for path in place.iterdir())
