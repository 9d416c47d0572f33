"""Images from files, as far as the fake needs them: config and small files of the layers.

Reads an OCI layout (folder or tar), a `docker save` archive and a rootfs tar. Entries are kept in
memory only, so their paths can't escape anywhere; what is larger than `LIMIT` is left out.
"""

from __future__ import annotations

import io
import json
import tarfile
from typing import TYPE_CHECKING

from runtimes.contract.fake.images import FakeImage, normalize
from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIMIT = 64 * 1024
_NAME = "org.opencontainers.image.ref.name"
_FULL_NAME = "io.containerd.image.name"


def read(source: Path, name: str) -> dict[str, FakeImage]:
    """Images by complete reference.

    Raises:
        InvalidArgument: not such an archive, a broken one, or one without a name.
    """
    try:
        members = _folder(source) if source.is_dir() else _tar(source.read_bytes())
        if "index.json" in members:
            return _layout(members, name)
        if "manifest.json" in members:
            return _docker_save(members, name)
    except (OSError, tarfile.TarError, KeyError, ValueError) as error:
        raise errors.InvalidArgument(
            f"import '{source}': not an image archive: {error}; give an OCI layout, the output of "
            "docker save, or a tar of a root file system"
        ) from error
    if not name:
        raise errors.InvalidArgument(f"import '{source}': a root file system needs a name")
    files = {f"/{path}": data for path, data in members.items() if len(data) <= LIMIT}
    return {normalize(name): FakeImage(files=files, size=sum(map(len, members.values())))}


def _folder(source: Path) -> dict[str, bytes]:
    return {
        path.relative_to(source).as_posix(): path.read_bytes()
        for path in source.rglob("*")
        if path.is_file()
    }


def _tar(data: bytes) -> dict[str, bytes]:
    return dict(_entries(data))


def _entries(data: bytes) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isfile() else None
            if content is not None:
                yield member.name.removeprefix("./"), content.read()


def _layout(members: dict[str, bytes], name: str) -> dict[str, FakeImage]:
    found: dict[str, FakeImage] = {}
    for item in json.loads(members["index.json"])["manifests"]:
        manifest = json.loads(members[_blob(item["digest"])])
        if "manifests" in manifest:
            manifest = json.loads(members[_blob(manifest["manifests"][0]["digest"])])
        annotations = item.get("annotations", {})
        reference = name or annotations.get(_FULL_NAME) or annotations[_NAME]
        layers = [members[_blob(layer["digest"])] for layer in manifest["layers"]]
        config = json.loads(members[_blob(manifest["config"]["digest"])])
        found[normalize(reference)] = _image(config, layers)
    return found


def _docker_save(members: dict[str, bytes], name: str) -> dict[str, FakeImage]:
    found: dict[str, FakeImage] = {}
    for item in json.loads(members["manifest.json"]):
        config = json.loads(members[item["Config"]])
        image = _image(config, [members[layer] for layer in item["Layers"]])
        for reference in [name] if name else item["RepoTags"]:
            found[normalize(reference)] = image
    return found


def _image(config: dict[str, dict[str, object]], layers: list[bytes]) -> FakeImage:
    settings = config.get("config", {})
    files: dict[str, bytes] = {}
    for layer in layers:
        files |= {f"/{path}": data for path, data in _entries(layer) if len(data) <= LIMIT}
    return FakeImage(
        entrypoint=_words(settings, "Entrypoint"),
        cmd=_words(settings, "Cmd"),
        env=_words(settings, "Env"),
        user=str(settings.get("User") or ""),
        workdir=str(settings.get("WorkingDir") or ""),
        stop_signal=str(settings.get("StopSignal") or ""),
        files=files,
        size=sum(map(len, layers)),
    )


def _words(settings: dict[str, object], name: str) -> tuple[str, ...]:
    value = settings.get(name)
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _blob(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"
