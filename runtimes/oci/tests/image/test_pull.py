"""Pulling from a registry in this process: what comes out, and what is not fetched."""

from __future__ import annotations

import json
import random
import threading
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors, progress
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.image.status import image_status
from runtimes.oci.registry.platform import host_platform
from runtimes.oci.tests.image.pulling import BASE, TOP, fetch
from runtimes.oci.tests.image.tarballs import (
    DOCKER,
    OCI,
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

    from runtimes.oci.image.store import ImageStore
    from runtimes.oci.tests.image.fake_registry import FakeRegistry

pytestmark = pytest.mark.needs_root


@pytest.mark.parametrize("compress", [gzipped, zstd, bytes])
@pytest.mark.parametrize("types", ["oci", "docker"])
def test_an_image_of_any_form_becomes_layers(
    store: ImageStore, registry: FakeRegistry, compress: Callable[[bytes], bytes], types: str
) -> None:
    made = make_image(BASE, TOP, compress=compress, types=DOCKER if types == "docker" else OCI)
    media_type = json.loads(made.manifest)["mediaType"]
    name = registry.push("library/app", "1", made, media_type)

    image_id = fetch(store, name)

    stored = store.resolve(name)
    assert image_id == made.id == stored.id
    assert [sorted(p.name for p in layer.rglob("*")) for layer in stored.layers] == [
        ["etc", "os"],
        ["app", "etc", "os"],
    ]
    assert stored.tags == (name,)
    assert stored.digests == (f"{registry.host}/library/app@{made.digest}",)


def test_the_index_names_the_image_for_this_machine(
    store: ImageStore, registry: FakeRegistry, image: Image
) -> None:
    host = host_platform()
    other = make_image(BASE, architecture="other")
    index = make_index(
        (
            other.manifest,
            {"os": "linux", "architecture": "s390x" if host.architecture != "s390x" else "arm"},
        ),
        (other.manifest, {"os": "unknown", "architecture": "unknown"}),
        (other.manifest, {"os": "windows", "architecture": host.architecture}),
        (image.manifest, {"os": "linux", "architecture": host.architecture}),
    )
    name = registry.push("app", "1", image)
    registry.offer("app", "multi", index, "application/vnd.oci.image.index.v1+json")

    image_id = fetch(store, f"{registry.host}/app:multi")

    assert image_id == image.id
    by_digest = f"{registry.host}/app@{sha256(index)}"
    assert store.resolve(f"{registry.host}/app:multi").digests == (by_digest,)
    assert store.resolve(by_digest).id == image.id
    assert store.resolve(image.digest).id == image.id
    assert name not in store.resolve(image.id).tags


def test_no_image_for_this_machine_says_what_there_is(
    store: ImageStore, registry: FakeRegistry, image: Image
) -> None:
    index = make_index((image.manifest, {"os": "linux", "architecture": "mips", "variant": "v9"}))
    registry.offer("app", "1", index)

    with pytest.raises(errors.ImageNotFound, match="there are: linux/mips/v9"):
        fetch(store, f"{registry.host}/app:1")


def test_pulling_by_digest_gives_no_tag(
    store: ImageStore, registry: FakeRegistry, image: Image
) -> None:
    registry.push("app", "1", image)

    fetch(store, f"{registry.host}/app@{image.digest}")

    assert store.resolve(image.id).tags == ()
    assert store.resolve(f"{registry.host}/app@{image.digest}").id == image.id


def test_what_is_here_is_not_fetched_again(
    store: ImageStore, registry: FakeRegistry, image: Image
) -> None:
    name = registry.push("app", "1", image)
    grown = make_image(BASE, TOP, tar(Member("more")))
    fetch(store, name)
    registry.requests.clear()

    fetch(store, name)
    assert registry.paths("/blobs/") == []

    fetch(store, registry.push("app", "2", grown))
    assert {path.rpartition("/")[2] for path in registry.paths("/blobs/")} == {
        grown.id,
        sha256(grown.layers[2]),
    }


def test_a_tag_moves_to_the_newer_image_and_the_old_one_stays(
    store: ImageStore, registry: FakeRegistry, image: Image
) -> None:
    name = registry.push("app", "1", image)
    fetch(store, name)
    newer = make_image(TOP)
    registry.push("app", "1", newer)

    fetch(store, name)

    assert store.resolve(name).id == newer.id
    assert store.resolve(image.id).tags == ()


def test_progress_is_told_for_each_layer(
    store: ImageStore, registry: FakeRegistry, image: Image
) -> None:
    name = registry.push("app", "1", image)
    seen: list[progress.Progress] = []

    with progress.listen(seen.append):
        fetch(store, name)
        fetch(store, name)

    item = sha256(image.layers[0]).removeprefix("sha256:")[:12]
    assert [(p.phase) for p in seen if p.item == item] == ["unpacking", "done", "exists"]
    done = next(p for p in seen if p.item == item and p.phase == "done")
    assert done.done_bytes == done.total_bytes == len(image.layers[0])
    assert seen[0].phase == "resolving"


def test_downloads_report_bytes_on_the_way(store: ImageStore, registry: FakeRegistry) -> None:

    made = make_image(tar(Member("noise", random.Random(1).randbytes(3_000_000))), compress=bytes)
    seen: list[progress.Progress] = []

    with progress.listen(seen.append):
        fetch(store, registry.push("app", "1", made))

    moving = [p.done_bytes for p in seen if p.phase == "downloading"]
    assert len(moving) >= 3
    assert moving == sorted(moving)


def test_two_pulls_at_once_fetch_each_layer_once(
    store: ImageStore, registry: FakeRegistry, image: Image
) -> None:
    name = registry.push("app", "1", image)
    other = registry.push("app", "2", make_image(BASE, TOP, tar(Member("x"))))
    failures: list[BaseException] = []

    def run(target: str) -> None:
        try:
            fetch(store, target)
        except BaseException as error:  # noqa: BLE001 -- shown by the assertion
            failures.append(error)

    threads = [threading.Thread(target=run, args=(n,)) for n in (name, other, name, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    base = sha256(image.layers[0])
    assert len([path for path in registry.paths("/blobs/") if path.endswith(base)]) == 1
    assert len(list(store.layout.layers.iterdir())) == 3


def test_the_same_layer_twice_in_one_image(store: ImageStore, registry: FakeRegistry) -> None:
    twice = make_image(BASE, TOP, BASE, TOP)

    fetch(store, registry.push("app", "1", twice))

    assert len(set(store.resolve(twice.id).layers)) == 4


def test_status_tells_the_user_of_a_pulled_image(
    store: ImageStore, registry: FakeRegistry, image: Image
) -> None:
    name = registry.push("app", "1", image)
    fetch(store, name)

    response = image_status(store, cri.ImageSpec(image=name), verbose=True)

    assert response.image.id == image.id
    assert response.image.uid.value == 1000
    assert list(response.image.repo_tags) == [name]
    assert json.loads(response.info["info"])["imageSpec"]["config"]["Env"] == ["A=1"]
