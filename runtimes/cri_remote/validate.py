"""What an answer must carry to be of use; kubelet refuses the same ones.

Source: kubelet cri/remote/utils.go, remote_runtime.go, remote_image.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runtimes.core.cri.v1 import api_pb2 as cri

MIN_CONDITIONS = 2


def require(rpc: str, fields: Mapping[str, object]) -> None:
    """Raise unless every value is set.

    Raises:
        Internal: naming the fields that an answer to `rpc` left empty.
    """
    missing = [name for name, value in fields.items() if not value]
    if missing:
        raise errors.Internal(
            f"{rpc}: the runtime answered without {', '.join(missing)}; "
            "that breaks the CRI: report it to the runtime's authors"
        )


def version(answer: cri.VersionResponse) -> None:
    require(
        "Version",
        {
            "version": answer.version,
            "runtime_name": answer.runtime_name,
            "runtime_version": answer.runtime_version,
            "runtime_api_version": answer.runtime_api_version,
        },
    )


def status(answer: cri.StatusResponse) -> None:
    enough = len(answer.status.conditions) >= MIN_CONDITIONS
    require("Status", {"both its conditions, RuntimeReady and NetworkReady": enough})


def sandbox_status(status: cri.PodSandboxStatus) -> None:
    require(
        "PodSandboxStatus",
        {
            "id": status.id,
            "metadata.name": status.metadata.name,
            "metadata.namespace": status.metadata.namespace,
            "metadata.uid": status.metadata.uid,
            "created_at": status.created_at,
        },
    )


def container_status(status: cri.ContainerStatus) -> None:
    require(
        "ContainerStatus",
        {
            "id": status.id,
            "metadata.name": status.metadata.name,
            "created_at": status.created_at,
            "image.image": status.image.image,
            "image_ref": status.image_ref,
        },
    )


def image(image: cri.Image) -> None:
    require("ImageStatus", {"id": image.id, "size": image.size})
