"""Image records as the CRI shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.oci.image.record import ImageRecord

_LARGEST_UID = (1 << 31) - 1


def to_cri_image(record: ImageRecord) -> cri.Image:
    """Describe an image; `spec.image` is its first name, as lists show it."""
    uid, username = user_of(record.user)
    return cri.Image(
        id=record.id,
        repo_tags=sorted(record.tags),
        repo_digests=record.digests,
        size=record.size_bytes,
        uid=None if uid is None else cri.Int64Value(value=uid),
        username=username,
        spec=cri.ImageSpec(image=record.references[0] if record.references else record.id),
        pinned=record.pinned,
    )


def user_of(user: str) -> tuple[int | None, str]:
    """Split `config.User`: a number is a uid, anything else a name; the group is left out.

    An image without a user runs as root, which is uid 0.

    Source: kubelet's runAsNonRoot check reads these two.
    """
    name = user.partition(":")[0]
    if not name:
        return 0, ""
    if name.isascii() and name.isdigit() and int(name) <= _LARGEST_UID:
        return int(name), ""
    return None, name
