"""Tar archives, layers and images for tests, honest and hostile ones."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import zstandard

from runtimes.oci.image.archive.found import FileLayer
from runtimes.oci.image.config import parse
from runtimes.oci.image.install import install
from runtimes.oci.image.store import NewImage
from runtimes.oci.registry.platform import host_platform

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runtimes.oci.image.store import ImageStore


def sha256(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Member:
    """One entry of a tar archive, as tarfile would write it: no check of any kind."""

    name: str
    data: bytes = b""
    type: bytes = tarfile.REGTYPE
    link: str = ""
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    mtime: float = 0
    device: tuple[int, int] = (0, 0)
    pax: dict[str, str] = field(default_factory=dict)


def folder(name: str, mode: int = 0o755, **more: int) -> Member:
    return Member(name, type=tarfile.DIRTYPE, mode=mode, **more)  # type: ignore[arg-type]


def symlink(name: str, to: str) -> Member:
    return Member(name, type=tarfile.SYMTYPE, link=to, mode=0o777)


def hard_link(name: str, to: str) -> Member:
    return Member(name, type=tarfile.LNKTYPE, link=to)


def tar(*members: Member, form: int = tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for member in members:
            info = tarfile.TarInfo(member.name)
            info.size = len(member.data)
            info.type, info.linkname, info.mode = member.type, member.link, member.mode
            info.uid, info.gid, info.mtime = member.uid, member.gid, member.mtime
            info.devmajor, info.devminor = member.device
            info.pax_headers = dict(member.pax)
            archive.addfile(info, io.BytesIO(member.data))
    return buffer.getvalue()


def zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


def gzipped(data: bytes) -> bytes:
    return gzip.compress(data, 1, mtime=0)


@dataclass(frozen=True, slots=True)
class Image:
    """An image as blobs: configuration, compressed layers, manifest."""

    config: bytes
    layers: tuple[bytes, ...]
    manifest: bytes
    tars: tuple[bytes, ...]

    @property
    def id(self) -> str:
        return sha256(self.config)

    @property
    def digest(self) -> str:
        return sha256(self.manifest)

    @property
    def blobs(self) -> dict[str, bytes]:
        return {sha256(blob): blob for blob in (self.config, *self.layers)}


OCI = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.oci.image.layer.v1.tar",
)
DOCKER = (
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.container.image.v1+json",
    "application/vnd.docker.image.rootfs.diff.tar",
)


def make_image(
    *tars: bytes,
    compress: Callable[[bytes], bytes] = gzipped,
    config: dict[str, object] | None = None,
    types: tuple[str, str, str] = OCI,
    **top: object,
) -> Image:
    """Make an image for this platform; `top` overrides fields of the configuration."""
    host = host_platform()
    configuration = _json(
        {
            "architecture": host.architecture,
            "os": "linux",
            "config": config or {},
            "rootfs": {"type": "layers", "diff_ids": [sha256(data) for data in tars]},
            **top,
        }
    )
    layers = tuple(compress(data) for data in tars)
    suffix = "+zstd" if compress is zstd else "+gzip" if compress is gzipped else ""
    manifest = {
        "schemaVersion": 2,
        "mediaType": types[0],
        "config": descriptor(configuration, types[1]),
        "layers": [descriptor(layer, types[2] + suffix) for layer in layers],
    }
    return Image(configuration, layers, _json(manifest), tars)


def descriptor(data: bytes, media_type: str, **more: object) -> dict[str, object]:
    return {"mediaType": media_type, "digest": sha256(data), "size": len(data), **more}


def make_index(*entries: tuple[bytes, dict[str, str] | None]) -> bytes:
    """Make an index of manifests with their platforms."""
    manifests = [
        descriptor(data, OCI[0], **({"platform": platform} if platform else {}))
        for data, platform in entries
    ]
    kind = "application/vnd.oci.image.index.v1+json"
    return _json({"schemaVersion": 2, "mediaType": kind, "manifests": manifests})


def oci_layout(images: Sequence[tuple[Image, str]]) -> dict[str, bytes]:
    """Write images with their ref names as the files of an OCI layout."""
    files = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}'}
    manifests = []
    for image, name in images:
        notes = {"annotations": {"org.opencontainers.image.ref.name": name}} if name else {}
        manifests.append(descriptor(image.manifest, OCI[0], **notes))
        for digest, blob in {**image.blobs, image.digest: image.manifest}.items():
            files[f"blobs/sha256/{digest.removeprefix('sha256:')}"] = blob
    files["index.json"] = _json({"schemaVersion": 2, "manifests": manifests})
    return files


def docker_save(images: Sequence[tuple[Image, Sequence[str]]]) -> dict[str, bytes]:
    """Write images with their tags as the files of `docker save`, its manifest last."""
    files: dict[str, bytes] = {}
    entries = []
    for image, tags in images:
        name = f"{image.id.removeprefix('sha256:')}.json"
        files[name] = image.config
        layers = []
        for data in image.tars:
            path = f"{sha256(data).removeprefix('sha256:')}/layer.tar"
            files[path] = data
            layers.append(path)
        entries.append({"Config": name, "RepoTags": list(tags), "Layers": layers})
    files["manifest.json"] = _json(entries)
    return files


def pack(files: dict[str, bytes]) -> bytes:
    return tar(*(Member(name, data) for name, data in files.items()))


def add(store: ImageStore, image: Image, *names: str) -> str:
    """Install an image without any registry."""
    config = parse(image.config, what="test image")
    new = NewImage(image.id, image.config, config, {image.digest: image.manifest}, names)
    install(store, new, [in_memory(layer) for layer in image.layers])
    return image.id


def in_memory(data: bytes) -> FileLayer:
    return FileLayer(lambda: iter((data,)), sha256(data), len(data))


def _json(value: object) -> bytes:
    return json.dumps(value).encode()
