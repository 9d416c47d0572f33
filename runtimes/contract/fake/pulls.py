"""The image RPCs of the fake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.contract.fake import images
from runtimes.core import errors, progress
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.contract.fake.world import World


def listing(world: World, filter: cri.ImageFilter | None) -> list[cri.Image]:
    wanted = filter.image.image if filter is not None else ""
    if not wanted:
        return [images.describe(stored) for stored in world.images.values()]
    found = images.find(world.images, wanted)
    return [images.describe(found)] if found else []


def status(world: World, image: cri.ImageSpec, *, verbose: bool) -> cri.ImageStatusResponse:
    found = images.find(world.images, image.image)
    if found is None:
        return cri.ImageStatusResponse()
    info = {"info": f'{{"files": {len(found.image.files)}}}'} if verbose else {}
    return cri.ImageStatusResponse(image=images.describe(found), info=info)


def pull(world: World, image: cri.ImageSpec) -> str:
    if not image.image:
        raise errors.InvalidArgument("pull image: the reference is empty")
    reference = images.normalize(image.image)
    progress.report(progress.Progress(reference, "resolving"))
    found = world.registry.get(reference) or _by_digest(world, reference)
    if found is None:
        raise errors.ImageNotFound(f"pull image '{image.image}': the fake's registry has no such")
    stored = images.add(world.images, reference, found)
    progress.report(progress.Progress(stored.id[:19], "done", found.size, found.size))
    return stored.id


def remove(world: World, image: cri.ImageSpec) -> None:
    found = images.find(world.images, image.image)
    if found is not None:
        del world.images[found.id]


def fs_info(world: World) -> cri.ImageFsInfoResponse:
    used = sum(stored.image.size for stored in world.images.values())
    return cri.ImageFsInfoResponse(
        image_filesystems=[
            cri.FilesystemUsage(
                timestamp=world.clock.now_ns(),
                fs_id=cri.FilesystemIdentifier(mountpoint="/fake"),
                used_bytes=cri.UInt64Value(value=used),
                inodes_used=cri.UInt64Value(value=len(world.images)),
            )
        ]
    )


def _by_digest(world: World, reference: str) -> images.FakeImage | None:
    name, _, digest = reference.partition("@")
    if not digest:
        return None
    return next(
        (
            image
            for known, image in world.registry.items()
            if images.repository(known) == name and images.image_id(image) == digest
        ),
        None,
    )
