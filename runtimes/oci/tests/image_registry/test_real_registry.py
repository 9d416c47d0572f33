"""Against docker-registry itself: the distribution protocol as it is spoken."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import requests

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.image.store import ImageStore
from runtimes.oci.registry.platform import host_platform
from runtimes.oci.tests.image.pulling import BASE, TOP, fetch
from runtimes.oci.tests.image.tarballs import (
    DOCKER,
    Image,
    Member,
    gzipped,
    make_image,
    make_index,
    sha256,
    tar,
    zstd,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runtimes.contract.engines.session import EngineSession

pytestmark = [pytest.mark.needs_root, pytest.mark.needs_registry]


@pytest.fixture
def host(runtimes_engines: EngineSession) -> str:
    return runtimes_engines.env("registry")["RUNTIMES_TEST_REGISTRY"]


@pytest.fixture
def store(tmp_path: Path) -> ImageStore:
    return ImageStore(tmp_path / "images")


def push(host: str, repository: str, tag: str, image: Image) -> str:
    for blob in image.blobs.values():
        begun = send("POST", f"http://{host}/v2/{repository}/blobs/uploads/")
        location = begun.headers["Location"]
        separator = "&" if "?" in location else "?"
        send("PUT", f"{location}{separator}digest={sha256(blob)}", blob)
    put_manifest(host, repository, tag, image.manifest)
    return f"{host}/{repository}:{tag}"


def put_manifest(host: str, repository: str, tag: str, manifest: bytes) -> None:
    kind = json.loads(manifest)["mediaType"]
    send("PUT", f"http://{host}/v2/{repository}/manifests/{tag}", manifest, kind)


def send(
    method: str, url: str, data: bytes = b"", kind: str = "application/octet-stream"
) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        answer = session.request(method, url, data=data, headers={"Content-Type": kind}, timeout=20)
    answer.raise_for_status()
    return answer


@pytest.mark.parametrize("compress", [gzipped, zstd, bytes])
def test_layers_of_any_compression(
    store: ImageStore, host: str, compress: Callable[[bytes], bytes]
) -> None:
    image = make_image(BASE, TOP, compress=compress)

    fetch(store, push(host, "oci/layers", compress.__name__, image))

    stored = store.resolve(image.id)
    assert (stored.layers[0] / "etc/os").read_bytes() == b"base" * 1000
    assert (stored.layers[1] / "app").read_bytes() == b"top"


def test_dockers_own_manifests(store: ImageStore, host: str) -> None:
    image = make_image(BASE, types=DOCKER)

    assert fetch(store, push(host, "docker/app", "1", image)) == image.id


def test_an_index_by_tag_and_by_digest(store: ImageStore, host: str) -> None:
    here = host_platform()
    mine, other = make_image(BASE), make_image(TOP, architecture="other")
    push(host, "multi", "mine", mine)
    push(host, "multi", "other", other)
    index = make_index(
        (other.manifest, {"os": "linux", "architecture": "mips"}),
        (mine.manifest, {"os": "linux", "architecture": here.architecture}),
    )
    put_manifest(host, "multi", "all", index)

    assert fetch(store, f"{host}/multi:all") == mine.id
    assert fetch(store, f"{host}/multi@{sha256(index)}") == mine.id
    assert fetch(store, f"{host}/multi@{mine.digest}") == mine.id
    assert store.resolve(mine.id).digests == (
        f"{host}/multi@{sha256(index)}",
        f"{host}/multi@{mine.digest}",
    )


def test_what_is_absent(store: ImageStore, host: str) -> None:
    push(host, "present", "1", make_image(BASE))

    for name in (f"{host}/present:2", f"{host}/absent:1", f"{host}/present@sha256:{'0' * 64}"):
        with pytest.raises(errors.ImageNotFound, match="404"):
            fetch(store, name)


def test_a_part_that_was_kept_is_continued(store: ImageStore, host: str) -> None:
    import random

    image = make_image(tar(Member("noise", random.Random(3).randbytes(3_000_000))), compress=bytes)
    name = push(host, "resume", "1", image)
    layer = image.layers[0]
    store.layout.partial(sha256(layer)).write_bytes(layer[:1_234_567])

    assert fetch(store, name) == image.id


def test_the_suites_busybox_runs(store: ImageStore, host: str) -> None:
    import subprocess

    fetch(store, f"{host}/runtimes-test/busybox:1", cri.AuthConfig())

    (tree,) = store.resolve(f"{host}/runtimes-test/busybox:1").layers
    assert subprocess.check_output(["chroot", tree, "/bin/echo", "alive"]) == b"alive\n"
