"""The image calls, for one pod or for a person.

Source: kubelet pkg/kubelet/kuberuntime/kuberuntime_image.go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri.services import ImageImporter
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.pod.status import Image, ImageStats
from runtimes.kubelet.generic import convert
from runtimes.kubelet.sync.pull_secrets import pull_with

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from runtimes.core.cri.services import CriService
    from runtimes.core.pod.status import RegistryAuth
    from runtimes.kubelet.generate.security import ImageFacts


def find_image(service: CriService, image: str) -> ImageFacts | None:
    """Look for an image; None when it isn't here."""
    from runtimes.kubelet.generate.security import ImageFacts

    try:
        answer = service.image_status(cri.ImageSpec(image=image))
    except errors.NotFound:
        return None
    if not answer.HasField("image") or not answer.image.id:
        return None
    found = answer.image
    uid = found.uid.value if found.HasField("uid") else None
    return ImageFacts(ref=found.id, uid=uid, username=found.username)


def pull_image(
    service: CriService,
    image: str,
    auths: Sequence[RegistryAuth],
    sandbox: cri.PodSandboxConfig | None = None,
) -> str:
    """Pull with each credential that covers the image, or anonymously."""
    spec = cri.ImageSpec(image=image)

    def pull(auth: RegistryAuth | None) -> str:
        return service.pull_image(spec, convert.to_cri_auth(auth), sandbox)

    return pull_with(image, auths, pull)


@dataclass(frozen=True, slots=True)
class PodImages:
    """The image calls with one pod's credentials."""

    service: CriService
    auths: Sequence[RegistryAuth]
    sandbox: cri.PodSandboxConfig

    def find_image(self, image: str) -> ImageFacts | None:
        return find_image(self.service, image)

    def pull_image(self, image: str) -> str:
        return pull_image(self.service, image, self.auths, self.sandbox)


def list_images(service: CriService) -> list[Image]:
    images = (convert.from_cri_image(image) for image in service.list_images())
    return sorted(images, key=lambda image: (image.tags, image.digests, image.id))


def remove_image(service: CriService, image: str) -> None:
    service.remove_image(cri.ImageSpec(image=image))


def import_image(service: CriService, name: str, source: Path, reference: str) -> list[str]:
    """Import from a file, where the backend called `name` can.

    Raises:
        Unimplemented: it can't.
    """
    if not isinstance(service, ImageImporter):
        raise errors.Unimplemented(
            f"import {source}: backend {name} takes images from registries only; push the image"
            " to one and pull it"
        )
    return service.import_image(source, reference)


def image_stats(service: CriService) -> list[ImageStats]:
    systems = service.image_fs_info().image_filesystems
    return [
        ImageStats(system.fs_id.mountpoint, system.used_bytes.value, system.inodes_used.value)
        for system in systems
    ]
