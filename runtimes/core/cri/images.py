"""The CRI's image calls; `runtimes.core.cri.services` tells what holds for all calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runtimes.core.cri.v1 import api_pb2 as cri


class ImageService(Protocol):
    """The 6 RPCs about images."""

    def list_images(self, filter: cri.ImageFilter | None = None) -> list[cri.Image]:
        """List images, those of `filter.image.image` only if it is set.

        Source: CRI ListImages.
        """
        ...

    def stream_images(self, filter: cri.ImageFilter | None = None) -> Iterator[cri.Image]:
        """Source: CRI StreamImages."""
        ...

    def image_status(
        self, image: cri.ImageSpec, *, verbose: bool = False
    ) -> cri.ImageStatusResponse:
        """Describe an image by reference or id; an absent one leaves `response.image` unset.

        Source: CRI ImageStatus.
        """
        ...

    def pull_image(
        self,
        image: cri.ImageSpec,
        auth: cri.AuthConfig | None = None,
        sandbox_config: cri.PodSandboxConfig | None = None,
    ) -> str:
        """Pull an image and return its reference: an id or a digest that `image_status` takes.

        Progress goes to `runtimes.core.progress` where the backend knows it.

        Raises:
            ImageNotFound: the registry has no such image.
            Unauthenticated: it wants (other) credentials.
            RegistryUnavailable: it can't be reached, or answers 5xx.
            DataLoss: what it sent doesn't have the digest it was asked for.
        Source: CRI PullImage.
        """
        ...

    def remove_image(self, image: cri.ImageSpec) -> None:
        """Remove an image with all its references. Idempotent; absent is fine.

        Source: CRI RemoveImage.
        """
        ...

    def image_fs_info(self) -> cri.ImageFsInfoResponse:
        """Tell how much the images use, of which mount point.

        Source: CRI ImageFsInfo.
        """
        ...


@runtime_checkable
class ImageImporter(Protocol):
    """A CRI service that also takes images from files (capability `image.import`)."""

    def import_image(self, source: Path, name: str = "") -> list[str]:
        """Import a rootfs tar, an OCI-layout (tar or folder) or a `docker save` archive.

        `name` is the reference to give it; a rootfs tar has none of its own and needs one.
        Returns the references that now exist.

        Raises:
            InvalidArgument: not such an archive, or a broken one.
        """
        ...
