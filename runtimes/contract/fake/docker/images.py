"""The image calls of the fake Engine."""

from __future__ import annotations

from fnmatch import fnmatch
from typing import TYPE_CHECKING

from runtimes.contract.fake import images as store
from runtimes.contract.fake.docker import describe
from runtimes.core import errors, image_ref, progress

if TYPE_CHECKING:
    from runtimes.contract.fake.docker.world import World
    from runtimes.contract.fake.images import FakeImage, StoredImage
    from runtimes.core.docker.interface import ListOptions
    from runtimes.core.docker.types import AuthConfig, ImageDelete, ImageSummary


def find(world: World, reference: str) -> StoredImage:
    """Find an image by complete id, tag or digest.

    Raises:
        InvalidArgument: the reference is empty.
        ImageNotFound: there is none.
    """
    if not reference:
        raise errors.InvalidArgument("find an image: the reference is empty")
    try:
        found = store.find(world.images, reference)
    except errors.InvalidArgument:
        found = None
    if found is None:
        raise errors.ImageNotFound(f"no image '{reference}' in the fake Engine; pull it first")
    return found


def listing(world: World, options: ListOptions) -> list[ImageSummary]:
    return [
        describe.image_summary(stored)
        for stored in world.images.values()
        if all(_passes(stored, kind, list(of)) for kind, of in options.filters.items())
    ]


def pull(world: World, reference: str, auth: AuthConfig | None) -> None:
    del auth
    wanted = image_ref.parse(reference).with_default_tag()
    progress.report(progress.Progress(str(wanted), "resolving"))
    if wanted.registry in world.unreachable:
        raise errors.RegistryUnavailable(
            f"pull image '{reference}': registry {wanted.registry} doesn't answer"
        )
    image = world.registry.get(str(wanted)) or _by_digest(world, wanted)
    if image is None:
        raise errors.ImageNotFound(f"pull image '{reference}': the fake's registry has no such")
    stored = store.add(world.images, str(wanted), image)
    layer = stored.id.removeprefix("sha256:")[:12]
    for phase in ("downloading", "unpacking", "done"):
        progress.report(progress.Progress(layer, phase, image.size, image.size))


def remove(world: World, reference: str, *, force: bool) -> list[ImageDelete]:
    """Take off a tag or digest; without any left, or by id, the image goes."""
    stored = find(world, reference)
    by_id = stored.id.removeprefix("sha256:") == reference.removeprefix("sha256:")
    names = [*stored.tags, *stored.digests] if by_id else [store.normalize(reference)]
    if by_id and len(stored.tags) > 1 and not force:
        raise errors.FailedPrecondition(
            f"remove image '{reference}': it has several tags; remove each, or use force"
        )
    tags_left = [tag for tag in stored.tags if tag not in names]
    if not tags_left:
        _check_unused(world, stored, force=force)
        names = list(dict.fromkeys([*names, *stored.digests]))
    steps: list[ImageDelete] = [{"Untagged": name} for name in names]
    stored.tags = tags_left
    if not tags_left:
        del world.images[stored.id]
        steps.append({"Deleted": stored.id})
    return steps


def _check_unused(world: World, stored: StoredImage, *, force: bool) -> None:
    users = [one for one in world.containers.values() if one.image is stored]
    running = any(one.running for one in users)
    if users and (running or not force):
        raise errors.FailedPrecondition(
            f"remove image '{stored.id}': container '{users[0].id}' uses it; remove that first"
        )


def _by_digest(world: World, wanted: image_ref.ImageRef) -> FakeImage | None:
    return next(
        (
            image
            for known, image in world.registry.items()
            if wanted.digest == store.image_id(image) and store.repository(known) == wanted.name
        ),
        None,
    )


def _passes(stored: StoredImage, kind: str, wanted: list[str]) -> bool:
    if kind == "reference":
        patterns = [image_ref.with_default_tag(one) if "*" not in one else one for one in wanted]
        return any(fnmatch(tag, pattern) for tag in stored.tags for pattern in patterns)
    if kind == "dangling":
        return bool(stored.tags) != (wanted == ["true"])
    raise errors.InvalidArgument(f"list images: the fake Engine has no filter '{kind}'")
