"""Downloads that break off."""

from __future__ import annotations

import random
import threading
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.oci.tests.image.pulling import fetch
from runtimes.oci.tests.image.tarballs import (
    Image,
    Member,
    make_image,
    sha256,
    tar,
)

if TYPE_CHECKING:
    from runtimes.oci.image.store import ImageStore
    from runtimes.oci.tests.image.fake_registry import FakeRegistry

pytestmark = pytest.mark.needs_root


@pytest.fixture
def large() -> Image:
    noise = random.Random(2).randbytes(2_000_000)
    return make_image(tar(Member("noise", noise)), compress=bytes)


@pytest.mark.parametrize("ignores_range", [False, True])
def test_a_broken_connection_is_continued(
    store: ImageStore, registry: FakeRegistry, large: Image, *, ignores_range: bool
) -> None:
    name = registry.push("app", "1", large)
    registry.ignores_range = ignores_range
    blob = sha256(large.layers[0])
    fetched = threading.Event()

    def break_layers(digest: str) -> None:
        if digest == blob and not fetched.is_set():
            fetched.set()
            registry.break_after += [700_000, 1_400_000 if ignores_range else 700_000]

    registry.on_blob = break_layers

    assert fetch(store, name) == large.id

    asked = [r.headers.get("range") for r in registry.requests if r.path.endswith(blob)]
    assert len(asked) == 3
    assert asked[0] is None
    assert asked[1] == "bytes=700000-"


def test_no_progress_ends_in_unavailable_and_the_bytes_are_kept(
    store: ImageStore, registry: FakeRegistry, large: Image
) -> None:
    name = registry.push("app", "1", large)
    blob = sha256(large.layers[0])

    def first_then_nothing(digest: str) -> None:
        if digest == blob:
            tries = len([r for r in registry.requests if r.path.endswith(blob)])
            registry.break_after.append(600_000 if tries == 1 else 0)

    registry.on_blob = first_then_nothing
    with pytest.raises(errors.RegistryUnavailable):
        fetch(store, name)
    assert store.layout.partial(blob).stat().st_size == 600_000
    assert store.records() == {}

    registry.on_blob = None
    registry.requests.clear()
    assert fetch(store, name) == large.id

    asked = [r.headers.get("range") for r in registry.requests if r.path.endswith(blob)]
    assert asked == ["bytes=600000-"]
    assert not store.layout.partial(blob).exists()


@pytest.mark.parametrize("damage", ["wrong", "too long", "complete"])
def test_kept_bytes_are_not_trusted(
    store: ImageStore, registry: FakeRegistry, large: Image, damage: str
) -> None:
    name = registry.push("app", "1", large)
    layer = large.layers[0]
    store.layout.partial(sha256(layer)).write_bytes(
        {"wrong": b"x" * 5000, "too long": layer + b"x", "complete": layer}[damage]
    )

    assert fetch(store, name) == large.id
    blobs = [path for path in registry.paths("/blobs/") if path.endswith(sha256(layer))]
    assert len(blobs) == (0 if damage == "complete" else 2 if damage == "wrong" else 1)
