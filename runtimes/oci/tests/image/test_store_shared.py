"""Many threads and processes on one store."""

from __future__ import annotations

import multiprocessing
import threading
from typing import TYPE_CHECKING

import pytest

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.image.list import list_images
from runtimes.oci.image.remove import remove_image
from runtimes.oci.image.store import ImageStore
from runtimes.oci.tests.image.tarballs import Image, Member, add, make_image, tar

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.needs_root

BASE = tar(Member("base", b"b" * 10_000))
NAME = "docker.io/library/app:1"


def spec(name: str) -> cri.ImageSpec:
    return cri.ImageSpec(image=name)


def layers(store: ImageStore) -> int:
    return len(list(store.layout.layers.iterdir()))


@pytest.fixture
def app() -> Image:
    return make_image(BASE, tar(Member("app", b"a")), config={"User": "www:data"})


def test_threads_that_add_and_remove_leave_a_whole_store(store: ImageStore) -> None:
    images = [make_image(BASE, tar(Member(str(n)))) for n in range(4)]
    failures: list[BaseException] = []

    def work(image: Image, name: str) -> None:
        try:
            for _ in range(8):
                add(store, image, name)
                list_images(store)
                remove_image(store, spec(name))
        except BaseException as error:  # noqa: BLE001 -- shown by the assertion
            failures.append(error)

    threads = [
        threading.Thread(target=work, args=(image, f"docker.io/library/x:{n}"))
        for n, image in enumerate((*images, *images))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    store.collect()
    assert list_images(store) == []
    assert layers(store) == 0
    assert list(store.layout.ingest.iterdir()) == []


def _add_and_remove(root: Path, image: Image, name: str) -> None:
    store = ImageStore(root)
    for _ in range(6):
        add(store, image, name)
        assert (store.resolve(image.id).layers[0] / "base").exists()
        remove_image(store, spec(name))


def test_processes_share_one_store(store: ImageStore) -> None:
    context = multiprocessing.get_context("spawn")
    images = [make_image(BASE, tar(Member(str(n)))) for n in range(3)]
    processes = [
        context.Process(
            target=_add_and_remove, args=(store.layout.root, image, f"docker.io/x/y:{n}")
        )
        for n, image in enumerate(images)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(50)

    assert [process.exitcode for process in processes] == [0, 0, 0]
    store.collect()
    assert layers(store) == 0


def test_removal_by_many_at_once_succeeds_for_all(store: ImageStore, app: Image) -> None:
    add(store, app, NAME)
    results: list[object] = []

    def remove() -> None:
        try:
            remove_image(store, spec(app.id))
            results.append("ok")
        except BaseException as error:  # noqa: BLE001 -- shown by the assertion
            results.append(error)

    threads = [threading.Thread(target=remove) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert results == ["ok"] * 8
    assert layers(store) == 0
