"""``docker://`` images: from a registry over plain HTTP, converted as docker2aci does."""

from __future__ import annotations

import io
import json
import os
import tarfile
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

from runtimes.rkt_stub.tests.standin import images
from runtimes.rkt_stub.tests.standin.places import Failed

if TYPE_CHECKING:
    from runtimes.rkt_stub.tests.standin.places import Json

ACCEPT = ", ".join(
    (
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
    )
)


def fetch(root: str, reference: str, auth: dict[str, tuple[str, str]]) -> str:
    """Pull ``docker://host/repository[:tag|@digest]`` into the store; return its id."""
    name = reference.removeprefix("docker://")
    host, _, rest = name.partition("/")
    repository, at, digest = rest.partition("@")
    tag = digest
    if not at:
        path, colon, tag = rest.rpartition(":")
        repository, tag = (path, tag) if colon else (rest, "latest")
    registry = _Registry(f"http://{host}/v2/{repository}", auth.get(host))
    manifest, digest = registry.manifest(tag)
    config = json.loads(registry.blob(manifest["config"]["digest"]))
    found = convert(f"{host}/{repository}", tag, config.get("config") or {})
    found["annotations"] += _annotations(
        {
            "originalname": name,
            "registryurl": host,
            "repository": repository,
            "imageid": manifest["config"]["digest"],
            "manifesthash": digest,
        }
    )
    layers = [one["digest"] for one in manifest["layers"]]

    def fill(folder: str) -> str:
        for layer in layers:
            _unpack(registry.blob(layer), folder)
        return " ".join(layers)

    return images.add(root, found, fill)


def _annotations(values: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": f"appc.io/docker/{key}", "value": value} for key, value in values.items()]


def convert(name: str, tag: str, config: Json) -> Json:
    """An image manifest of what a Docker image says."""
    entry, command = config.get("Entrypoint") or [], config.get("Cmd") or []
    user, _, group = str(config.get("User") or "0").partition(":")
    app = {
        "exec": [*entry, *command],
        "user": user or "0",
        "group": group or "0",
        "workingDirectory": config.get("WorkingDir") or "/",
        "environment": [
            dict(zip(("name", "value"), one.split("=", 1), strict=True))
            for one in config.get("Env") or ()
        ],
        "mountPoints": [
            {"name": f"volume{path.replace('/', '-')}", "path": path}
            for path in config.get("Volumes") or ()
        ],
    }
    said = {"entrypoint": entry, "cmd": command}
    texts = {key: json.dumps(value) for key, value in said.items() if value}
    return {
        "acKind": "ImageManifest",
        "acVersion": "0.8.11",
        "name": name.replace(":", "_").lower(),
        "labels": [
            {"name": "version", "value": tag},
            {"name": "os", "value": "linux"},
            {"name": "arch", "value": "amd64"},
        ],
        "app": app,
        "annotations": _annotations(texts),
    }


class _Registry:
    def __init__(self, base: str, auth: tuple[str, str] | None) -> None:
        self.base = base
        self.auth = auth
        handler = urllib.request.ProxyHandler({})
        self.opener = urllib.request.build_opener(handler)

    def _open(self, path: str) -> Any:
        request = urllib.request.Request(f"{self.base}/{path}", headers={"Accept": ACCEPT})
        if self.auth is not None:
            import base64

            token = base64.b64encode(":".join(self.auth).encode()).decode()
            request.add_header("Authorization", f"Basic {token}")
        try:
            return self.opener.open(request, timeout=30)
        except urllib.error.HTTPError as error:
            raise Failed(f"bad HTTP status code: {error.code}") from error
        except OSError as error:
            raise Failed(f"error fetching {self.base}: {error}") from error

    def manifest(self, tag: str) -> tuple[Json, str]:
        import hashlib

        with self._open(f"manifests/{tag}") as answer:
            data = answer.read()
        return json.loads(data), f"sha256:{hashlib.sha256(data).hexdigest()}"

    def blob(self, digest: str) -> bytes:
        with self._open(f"blobs/{digest}") as answer:
            data = answer.read()
        assert isinstance(data, bytes)
        return data


def _unpack(layer: bytes, folder: str) -> None:
    with tarfile.open(fileobj=io.BytesIO(layer)) as archive:
        for member in archive:
            path = os.path.join(folder, member.name)
            name = os.path.basename(member.name)
            if name.startswith(".wh."):
                os.unlink(os.path.join(os.path.dirname(path), name[4:]))
            else:
                archive.extract(member, folder, numeric_owner=True)
