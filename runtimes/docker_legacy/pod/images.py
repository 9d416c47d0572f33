"""The image calls, for one pod or for a person.

Source: kubelet 1.4 pkg/kubelet/dockertools/docker.go (dockerPuller).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import image_ref
from runtimes.core.docker import remove_image as remove
from runtimes.core.docker.find_image import find_image
from runtimes.core.docker.image_names import is_pinned, real
from runtimes.core.docker.interface import ListOptions
from runtimes.core.pod.status import Image
from runtimes.kubelet.generate.security import ImageFacts
from runtimes.kubelet.sync.pull_secrets import pull_with

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtimes.core.docker.interface import DockerInterface
    from runtimes.core.docker.types import AuthConfig
    from runtimes.core.pod.status import RegistryAuth


def image_facts(docker: DockerInterface, image: str) -> ImageFacts | None:
    """Look for an image; None when it isn't here."""
    found = find_image(docker, image)
    if found is None:
        return None
    user = (found["Config"] or {}).get("User", "").partition(":")[0]
    if user.isdecimal():
        return ImageFacts(ref=found["Id"], uid=int(user))
    return ImageFacts(ref=found["Id"], username=user)


def pull_image(docker: DockerInterface, image: str, auths: Sequence[RegistryAuth]) -> str:
    """Pull with each credential that covers the image, or anonymously; return its id."""
    name = image_ref.with_default_tag(image)

    def pull(auth: RegistryAuth | None) -> str:
        docker.pull_image(name, _auth(auth))
        return docker.inspect_image(name)["Id"]

    return pull_with(name, auths, pull)


def _auth(auth: RegistryAuth | None) -> AuthConfig | None:
    if auth is None:
        return None
    return {
        "username": auth.username,
        "password": auth.password,
        "identitytoken": auth.identity_token,
        "registrytoken": auth.registry_token,
        "serveraddress": auth.server_address,
    }


@dataclass(frozen=True, slots=True)
class PodImages:
    """The image calls with one pod's credentials."""

    docker: DockerInterface
    auths: Sequence[RegistryAuth]

    def find_image(self, image: str) -> ImageFacts | None:
        return image_facts(self.docker, image)

    def pull_image(self, image: str) -> str:
        return pull_image(self.docker, image, self.auths)


def list_images(docker: DockerInterface, infra_image: str) -> list[Image]:
    images = [
        Image(
            id=one["Id"],
            tags=tuple(real(one["RepoTags"])),
            digests=tuple(real(one["RepoDigests"])),
            size_bytes=one["Size"],
            pinned=is_pinned(real(one["RepoTags"]), infra_image),
        )
        for one in docker.list_images(ListOptions())
    ]
    return sorted(images, key=lambda image: (image.tags, image.digests, image.id))


def remove_image(docker: DockerInterface, image: str) -> None:
    """Remove an image, found by any of its names, with all of them. Idempotent; absent is fine.

    Raises:
        FailedPrecondition: a container uses it, running or not; then it keeps all of its names.
    """
    found = find_image(docker, image)
    if found is not None:
        remove.remove_image(docker, found)
