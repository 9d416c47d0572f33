"""OCI image layouts: ``index.json`` and blobs by digest.

Source: OCI image-spec image-layout.md; containerd's annotation for whole names.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from runtimes.core import errors, image_ref
from runtimes.oci.image import digest as digests
from runtimes.oci.image.archive.content import read
from runtimes.oci.image.archive.found import FileLayer, FoundImage
from runtimes.oci.registry import manifest
from runtimes.oci.registry.platform import choose, host_platform

if TYPE_CHECKING:
    from runtimes.oci.image.archive.content import Content
    from runtimes.oci.registry.manifest import Descriptor, Manifest

INDEX = "index.json"
_WHOLE_NAME = "io.containerd.image.name"
_REF_NAME = "org.opencontainers.image.ref.name"
_DEEPEST = 4


def images(content: Content) -> list[FoundImage]:
    """List the images of a layout: one for each name, of those for this platform.

    Raises:
        InvalidArgument: it is malformed, or lacks what its index names.
        ImageNotFound: it has none for this platform.
    """
    index = manifest.parse(read(content, INDEX), manifest.OCI_INDEX, what=INDEX)
    if not isinstance(index, manifest.Index):
        raise errors.InvalidArgument(f"its {INDEX} is no index")
    groups: dict[str, list[Descriptor]] = {}
    for descriptor in index.manifests:
        groups.setdefault(_label(descriptor), []).append(descriptor)
    return _unite([_image(content, label, group) for label, group in groups.items()])


def _label(descriptor: Descriptor) -> str:
    return descriptor.annotations.get(_WHOLE_NAME) or descriptor.annotations.get(_REF_NAME, "")


def _unite(found: list[FoundImage]) -> list[FoundImage]:
    """Leave out nameless doubles of named images."""
    named = {image.config_data for image in found if image.names or image.tag}
    return [i for i in found if i.names or i.tag or i.config_data not in named]


def _image(content: Content, label: str, group: list[Descriptor]) -> FoundImage:
    what = f"'{label or INDEX}'"
    blobs: dict[str, bytes] = {}
    top = _pick(content, group, what)
    found = _load(content, top, blobs, what)
    layers = [_layer(content, descriptor) for descriptor in found.layers]
    is_name = bool(label) and ("/" in label or ":" in label)
    return FoundImage(
        config_data=_blob(content, found.config),
        layers=tuple(layers),
        blobs=blobs,
        names=(image_ref.normalise(label),) if is_name else (),
        tag="" if is_name else label,
        manifest_digest=top.digest,
    )


def _pick(content: Content, group: list[Descriptor], what: str) -> Descriptor:
    """Choose by platform, where there is a choice, among what the layout really holds."""
    there = [item for item in group if content.has(_path(item.digest))] or group
    return there[0] if len(there) == 1 else choose(there, host_platform(), what=what)


def _load(content: Content, top: Descriptor, blobs: dict[str, bytes], what: str) -> Manifest:
    descriptor = top
    for _ in range(_DEEPEST):
        data = _blob(content, descriptor)
        blobs[descriptor.digest] = data
        found = manifest.parse(data, descriptor.media_type, what=what)
        if isinstance(found, manifest.Manifest):
            return found
        descriptor = _pick(content, list(found.manifests), what)
    raise errors.InvalidArgument(f"{what}: indexes are nested more than {_DEEPEST} deep")


def _layer(content: Content, descriptor: Descriptor) -> FileLayer:
    path = _path(descriptor.digest)
    if not content.has(path):
        raise errors.InvalidArgument(f"layer {descriptor.digest} isn't in the archive")
    return FileLayer(partial(content.open, path), descriptor.digest, descriptor.size_bytes)


def _blob(content: Content, descriptor: Descriptor) -> bytes:
    data = read(content, _path(descriptor.digest))
    digests.verify(data, descriptor.digest, what=f"read blob {descriptor.digest}")
    return data


def _path(digest: str) -> str:
    algorithm, _, encoded = digest.partition(":")
    return f"blobs/{algorithm}/{encoded}"
