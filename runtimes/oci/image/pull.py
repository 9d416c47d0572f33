"""PullImage: from a registry into the store; whole, or as if nothing had happened."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from runtimes.core import errors, image_ref, progress
from runtimes.oci.image import config, layer
from runtimes.oci.image.install import install
from runtimes.oci.image.partial import RemoteLayer
from runtimes.oci.image.store import NewImage
from runtimes.oci.registry.options import DEFAULT, RegistryOptions

if TYPE_CHECKING:
    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.core.image_ref import ImageRef
    from runtimes.oci.image.store import ImageStore
    from runtimes.oci.registry.client import Found, RegistryClient
    from runtimes.oci.registry.credentials import Credentials

logger = logging.getLogger(__name__)


def pull_image(
    store: ImageStore,
    image: cri.ImageSpec,
    auth: cri.AuthConfig | None = None,
    *,
    options: RegistryOptions = DEFAULT,
) -> str:
    """Pull an image and return its id. Layers that are here already are not fetched again.

    Without `auth`, credentials come from Docker's configuration. An interrupted pull may be
    repeated and goes on where it broke off.

    Raises:
        InvalidArgument: `image` is no reference, or what it names is no container image.
        ImageNotFound: the registry has no such image, or none for this platform.
        Unauthenticated: it wants (other) credentials.
        PermissionDenied: the credentials may not pull it.
        RegistryUnavailable: it can't be reached, or answers 5xx.
        DataLoss: what it sent doesn't have the digest it was asked for.
        ResourceExhausted: the disk is full.
    Source: CRI PullImage.
    """
    from runtimes.oci.registry.client import RegistryClient

    reference = image_ref.parse(image.image).with_default_tag()
    progress.report(progress.Progress(reference.familiar, "resolving"))
    store.recover()
    with RegistryClient(reference, _credentials(auth, reference, options), options) as client:
        found = client.resolve()
        known = _known(store, reference, found)
        return known or _fetch(store, client, reference, found)


def _credentials(
    auth: cri.AuthConfig | None, reference: ImageRef, options: RegistryOptions
) -> Credentials:
    from runtimes.oci.registry import credentials, docker_config

    given = credentials.from_cri(auth, reference.registry)
    if given:
        return given
    return docker_config.find(reference, options.docker_config or docker_config.default_path())


def _names(reference: ImageRef, found: Found) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the tags and the digests that the image gets."""
    tags = () if reference.digest else (f"{reference.name}:{reference.tag}",)
    return tags, (f"{reference.name}@{found.digest}",)


def _known(store: ImageStore, reference: ImageRef, found: Found) -> str:
    """Return the id if everything is here under these names; then nothing needs to be written."""
    tags, digests = _names(reference, found)
    record = store.records().get(found.manifest.config.digest)
    if (
        record is None
        or not set(tags) <= set(record.tags)
        or not set(digests) <= set(record.digests)
    ):
        return ""
    if not all(layer.read(store.layout, chain_id) for chain_id in record.chain):
        return ""
    for descriptor in found.manifest.layers:
        progress.report(progress.Progress(layer.item(descriptor.digest), "exists"))
    return record.id


def _fetch(store: ImageStore, client: RegistryClient, reference: ImageRef, found: Found) -> str:
    wanted = found.manifest.config
    data = _config(store, client, found)
    parsed = config.parse(data, what=f"pull '{reference}'")
    if parsed["os"] != "linux":
        raise errors.InvalidArgument(f"pull '{reference}': it is an image for {parsed['os']}")
    tags, by_digest = _names(reference, found)
    new = NewImage(wanted.digest, data, parsed, found.blobs, tags, by_digest)
    sources = [
        RemoteLayer(store.layout, client, descriptor) for descriptor in found.manifest.layers
    ]
    install(store, new, sources)
    return new.id


def _config(store: ImageStore, client: RegistryClient, found: Found) -> bytes:
    descriptor = found.manifest.config
    try:
        return store.blob(descriptor.digest)
    except errors.DataLoss:
        return client.config(descriptor)
