"""Images of the fake: a registry that is a dictionary, and a store."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

from runtimes.core import image_ref
from runtimes.core.cri.v1 import api_pb2 as cri

_ID = re.compile("[0-9a-f]{64}")
DEFAULT_ENV = ("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",)
_PASSWD = b"root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n"
_GROUP = b"root:x:0:\nnogroup:x:65534:\n"


@dataclass(frozen=True, slots=True)
class FakeImage:
    """What a registry has under one reference.

    Attributes:
        user: as an image's config writes it: empty, a uid, a name, or either with a group.
        stop_signal: e.g. ``SIGUSR1``; empty for SIGTERM.
        files: contents by absolute path; `programs` of the service are there besides.
    """

    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ("sh",)
    env: tuple[str, ...] = DEFAULT_ENV
    user: str = ""
    workdir: str = ""
    stop_signal: str = ""
    files: dict[str, bytes] = field(
        default_factory=lambda: {"/etc/passwd": _PASSWD, "/etc/group": _GROUP}
    )
    size: int = 1_500_000


@dataclass(slots=True)
class StoredImage:
    """An image that is here; `digest` is both its manifest's and, with ``sha256:``, its id."""

    id: str
    image: FakeImage
    tags: list[str]
    digests: list[str]


BUSYBOX = FakeImage()


def default_registry() -> dict[str, FakeImage]:
    """A registry with nothing but busybox under a few names."""
    names = (
        "docker.io/library/busybox:latest",
        "docker.io/library/busybox:1",
        "localhost/runtimes-test/busybox:1",
    )
    return dict.fromkeys(names, BUSYBOX)


def normalize(reference: str) -> str:
    """Complete a reference; an id stays as it is.

    Raises:
        InvalidArgument: neither a reference nor an id.
    """
    hexadecimal = reference.removeprefix("sha256:")
    return reference if _ID.fullmatch(hexadecimal) else image_ref.normalise(reference)


def repository(reference: str) -> str:
    """A complete reference without its tag or digest."""
    name = reference.partition("@")[0]
    head, slash, last = name.rpartition("/")
    return f"{head}{slash}{last.partition(':')[0]}"


def image_id(image: FakeImage) -> str:
    """The same for images that are equal."""
    return "sha256:" + hashlib.sha256(repr(image).encode()).hexdigest()


def find(store: dict[str, StoredImage], reference: str) -> StoredImage | None:
    """An image by id, with or without ``sha256:``, by tag or by digest."""
    for stored in store.values():
        if reference in (stored.id, stored.id.removeprefix("sha256:")):
            return stored
        if normalize(reference) in (*stored.tags, *stored.digests):
            return stored
    return None


def add(store: dict[str, StoredImage], reference: str, image: FakeImage) -> StoredImage:
    """Keep `image` under a complete reference, which leaves the image that had it before."""
    for other in store.values():
        if reference in other.tags:
            other.tags.remove(reference)
    stored = store.setdefault(image_id(image), StoredImage(image_id(image), image, [], []))
    digest = f"{repository(reference)}@{stored.id}"
    if digest not in stored.digests:
        stored.digests.append(digest)
    if "@" not in reference:
        stored.tags.append(reference)
    return stored


def describe(stored: StoredImage) -> cri.Image:
    name = stored.image.user.partition(":")[0]
    return cri.Image(
        id=stored.id,
        repo_tags=stored.tags,
        repo_digests=stored.digests,
        size=stored.image.size,
        uid=cri.Int64Value(value=int(name or 0)) if not name or name.isdigit() else None,
        username="" if not name or name.isdigit() else name,
    )
