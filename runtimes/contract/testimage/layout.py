"""One image as an archive that every engine takes: an OCI layout with `docker save`'s index in it.

    oci-layout  index.json  manifest.json  blobs/sha256/<config, layer, manifest>

The same input gives the same bytes.

Source: OCI image-layout.md, image spec config.md; Docker image spec v1.2 (manifest.json).
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from dataclasses import dataclass, field

EPOCH = "1970-01-01T00:00:00Z"
_CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
_LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar"
_MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"


@dataclass(frozen=True, slots=True)
class Entry:
    """One path of a layer: a file, a folder (`data` None) or a symbolic link (`link` set).

    Attributes:
        uid: the owner's, and the group's.
    """

    path: str
    data: bytes | None = None
    mode: int = 0o755
    link: str = ""
    uid: int = 0


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """As a Dockerfile would say it."""

    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    user: str = ""
    workdir: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    stop_signal: str = ""


@dataclass(frozen=True, slots=True)
class BuiltImage:
    """Attributes:
    name: complete reference with a tag.
    blobs: by digest, config and layer; the manifest is apart.
    """

    name: str
    manifest: bytes
    config: bytes
    layer: bytes

    @property
    def digest(self) -> str:
        """Of the manifest."""
        return digest(self.manifest)

    @property
    def id(self) -> str:
        """Of the config: what engines call the image's id."""
        return digest(self.config)

    def archive(self) -> bytes:
        """The whole as a tar."""
        config, layer, manifest = (
            _blob_path(blob) for blob in (self.config, self.layer, self.manifest)
        )
        index = {
            "schemaVersion": 2,
            "manifests": [
                {
                    **_descriptor(_MANIFEST_TYPE, self.manifest),
                    "annotations": {
                        "io.containerd.image.name": self.name,
                        "org.opencontainers.image.ref.name": self.name,
                    },
                }
            ],
        }
        saved = [{"Config": config, "RepoTags": [self.name], "Layers": [layer]}]
        return pack(
            [
                Entry("oci-layout", b'{"imageLayoutVersion":"1.0.0"}', 0o644),
                Entry("index.json", _json(index), 0o644),
                Entry("manifest.json", _json(saved), 0o644),
                Entry(config, self.config, 0o644),
                Entry(layer, self.layer, 0o644),
                Entry(manifest, self.manifest, 0o644),
            ]
        )


def build(name: str, entries: list[Entry], config: ImageConfig, architecture: str) -> BuiltImage:
    """Make an image of one layer."""
    layer = pack(entries)
    config_blob = _json(
        {
            "created": EPOCH,
            "architecture": architecture,
            "os": "linux",
            "config": _settings(config),
            "rootfs": {"type": "layers", "diff_ids": [digest(layer)]},
            "history": [{"created": EPOCH, "created_by": "runtimes.contract"}],
        }
    )
    manifest = _json(
        {
            "schemaVersion": 2,
            "mediaType": _MANIFEST_TYPE,
            "config": _descriptor(_CONFIG_TYPE, config_blob),
            "layers": [_descriptor(_LAYER_TYPE, layer)],
        }
    )
    return BuiltImage(name, manifest, config_blob, layer)


def pack(entries: list[Entry]) -> bytes:
    """A tar of `entries`, all of 1970."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for entry in entries:
            member = tarfile.TarInfo(entry.path)
            member.mode = entry.mode
            member.uid = member.gid = entry.uid
            if entry.link:
                member.type, member.linkname = tarfile.SYMTYPE, entry.link
                archive.addfile(member)
            elif entry.data is None:
                member.type = tarfile.DIRTYPE
                archive.addfile(member)
            else:
                member.size = len(entry.data)
                archive.addfile(member, io.BytesIO(entry.data))
    return buffer.getvalue()


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _settings(config: ImageConfig) -> dict[str, object]:
    settings: dict[str, object] = {
        "Entrypoint": list(config.entrypoint),
        "Cmd": list(config.cmd),
        "Env": list(config.env),
        "User": config.user,
        "WorkingDir": config.workdir,
        "Labels": config.labels,
        "StopSignal": config.stop_signal,
    }
    return {name: value for name, value in settings.items() if value}


def _descriptor(media_type: str, data: bytes) -> dict[str, object]:
    return {"mediaType": media_type, "digest": digest(data), "size": len(data)}


def _blob_path(data: bytes) -> str:
    return f"blobs/sha256/{digest(data).removeprefix('sha256:')}"


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()
