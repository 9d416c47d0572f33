"""Put an image into a registry without credentials, over plain HTTP.

Source: OCI distribution spec, pushing.
"""

from __future__ import annotations

import urllib.request
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from runtimes.contract.testimage.layout import digest

if TYPE_CHECKING:
    from runtimes.contract.testimage.layout import BuiltImage

TIMEOUT = 20


def publish(registry: str, image: BuiltImage) -> str:
    """Push an image under its own name, which is another at every registry; return that."""
    name, _, tag = image.name.partition("/")[2].rpartition(":")
    return push(registry, name, tag, image)


def push(registry: str, repository: str, tag: str, image: BuiltImage) -> str:
    """Push to ``registry/repository:tag``, where `registry` is host and port; return that name.

    Raises:
        OSError: the registry refused, or can't be reached.
    """
    base = f"http://{registry}/v2/{repository}/"
    for blob in (image.config, image.layer):
        _push_blob(base, blob)
    media_type = "application/vnd.oci.image.manifest.v1+json"
    _send("PUT", urljoin(base, f"manifests/{tag}"), image.manifest, media_type)
    return f"{registry}/{repository}:{tag}"


def _push_blob(base: str, blob: bytes) -> None:
    upload = urljoin(base, _send("POST", urljoin(base, "blobs/uploads/"), b""))
    separator = "&" if "?" in upload else "?"
    _send("PUT", f"{upload}{separator}digest={digest(blob)}", blob)


def _send(method: str, url: str, data: bytes, media_type: str = "application/octet-stream") -> str:
    request = urllib.request.Request(url, data, {"Content-Type": media_type}, method=method)  # noqa: S310 - http
    with _opener().open(request, timeout=TIMEOUT) as answer:
        return str(answer.headers.get("Location", ""))


def _opener() -> urllib.request.OpenerDirector:
    """Without the environment's proxies: the registry is on this host."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))
