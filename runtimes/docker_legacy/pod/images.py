"""The image calls, for one pod or for a person.

Source: kubelet 1.4 pkg/kubelet/dockertools/docker.go (dockerPuller).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import errors, image_ref
from runtimes.core.docker.interface import ListOptions
from runtimes.core.pod.status import Image
from runtimes.kubelet.generate.security import ImageFacts
from runtimes.kubelet.sync.pull_secrets import pull_with

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtimes.core.docker.interface import DockerInterface
    from runtimes.core.docker.types import AuthConfig
    from runtimes.core.pod.status import RegistryAuth

_NO_TAG = "<none>"


def find_image(docker: DockerInterface, image: str) -> ImageFacts | None:
    """Look for an image; None when it isn't here."""
    try:
        found = docker.inspect_image(image)
    except errors.ImageNotFound:
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
        return find_image(self.docker, image)

    def pull_image(self, image: str) -> str:
        return pull_image(self.docker, image, self.auths)


def list_images(docker: DockerInterface) -> list[Image]:
    images = [
        Image(
            id=one["Id"],
            tags=_present(one["RepoTags"]),
            digests=_present(one["RepoDigests"]),
            size_bytes=one["Size"],
        )
        for one in docker.list_images(ListOptions())
    ]
    return sorted(images, key=lambda image: (image.tags, image.digests, image.id))


def _present(references: list[str] | None) -> tuple[str, ...]:
    return tuple(reference for reference in references or () if _NO_TAG not in reference)


def remove_image(docker: DockerInterface, image: str) -> None:
    with suppress(errors.ImageNotFound):
        docker.remove_image(image)
