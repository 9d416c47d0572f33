"""The image calls, for one pod or for a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core.pod.status import Image
from runtimes.kubelet.generate.security import ImageFacts
from runtimes.kubelet.sync.pull_secrets import pull_with
from runtimes.rkt_stub.images.pull import pull
from runtimes.rkt_stub.program.image_rm import image_rm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtimes.core.pod.status import RegistryAuth
    from runtimes.rkt_stub.images.store import ImageStore, StoredImage


@dataclass(frozen=True, slots=True)
class PodImages:
    """The image calls with one pod's credentials."""

    store: ImageStore
    auths: Sequence[RegistryAuth] = ()

    def find_image(self, image: str) -> ImageFacts | None:
        found = self.store.find(image)
        return None if found is None else facts(found)

    def pull_image(self, image: str) -> str:
        return pull_image(self.store, image, self.auths)


def facts(image: StoredImage) -> ImageFacts:
    user = image.user
    if user.isdecimal():
        return ImageFacts(ref=image.id, uid=int(user))
    return ImageFacts(ref=image.id, username=user)


def pull_image(store: ImageStore, image: str, auths: Sequence[RegistryAuth]) -> str:
    """Pull with each credential that covers the image, or anonymously; return its id."""

    def fetch(auth: RegistryAuth | None) -> str:
        if auth is None:
            return pull(store.rkt, image)
        return pull(store.rkt, image, auth.username, auth.password)

    return pull_with(image, auths, fetch)


def list_images(store: ImageStore) -> list[Image]:
    found = [
        Image(
            id=one.id,
            tags=one.tags,
            digests=one.digests,
            size_bytes=one.size_bytes,
            uid=facts(one).uid,
            username=facts(one).username,
        )
        for one in store.all()
    ]
    return sorted(found, key=lambda image: (image.tags, image.digests, image.id))


def remove_image(store: ImageStore, image: str) -> None:
    """Idempotent; pods that run keep what they have of it."""
    found = store.find(image)
    if found is not None:
        image_rm(store.rkt, found.id)
