"""RPCs about images: from envelopes to the service's methods and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.core.cri.services import CriService


def list_(service: CriService, request: cri.ListImagesRequest) -> cri.ListImagesResponse:
    chosen = request.filter if request.HasField("filter") else None
    return cri.ListImagesResponse(images=service.list_images(chosen))


def stream(service: CriService, request: cri.StreamImagesRequest) -> Iterator[cri.Image]:
    return service.stream_images(request.filter if request.HasField("filter") else None)


def status(service: CriService, request: cri.ImageStatusRequest) -> cri.ImageStatusResponse:
    return service.image_status(request.image, verbose=request.verbose)


def pull(service: CriService, request: cri.PullImageRequest) -> cri.PullImageResponse:
    reference = service.pull_image(
        request.image,
        request.auth if request.HasField("auth") else None,
        request.sandbox_config if request.HasField("sandbox_config") else None,
    )
    return cri.PullImageResponse(image_ref=reference)


def remove(service: CriService, request: cri.RemoveImageRequest) -> cri.RemoveImageResponse:
    service.remove_image(request.image)
    return cri.RemoveImageResponse()


def fs_info(service: CriService, _request: cri.ImageFsInfoRequest) -> cri.ImageFsInfoResponse:
    return service.image_fs_info()
