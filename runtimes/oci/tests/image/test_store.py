"""What the store remembers, by which names it is found, and what goes when."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from runtimes.core import deadline, errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.image import lock
from runtimes.oci.image.fs_info import image_fs_info
from runtimes.oci.image.index import find
from runtimes.oci.image.lease import lease
from runtimes.oci.image.list import list_images, stream_images
from runtimes.oci.image.record import ImageRecord, decode, encode
from runtimes.oci.image.remove import remove_image
from runtimes.oci.image.status import image_status
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


@pytest.mark.parametrize(
    "form", ["app:1", "docker.io/library/app:1", "{id}", "{hex}", "{short}", "sha256:{short}",
             "{digest}"]
)  # fmt: skip
def test_an_image_is_found_by_every_name(store: ImageStore, app: Image, form: str) -> None:
    image_id = add(store, app, NAME)
    digits = image_id.removeprefix("sha256:")

    name = form.format(id=image_id, hex=digits, short=digits[:10], digest=app.digest)

    assert store.resolve(name).id == image_id


@pytest.mark.parametrize(
    "name",
    ["app", "app:2", "other:1", "sha256:" + "0" * 64, "0" * 64, "abc", "app@sha256:" + "0" * 64],
)
def test_what_isnt_here_is_not_found(store: ImageStore, app: Image, name: str) -> None:
    add(store, app, NAME)

    assert store.find(name) is None
    with pytest.raises(errors.ImageNotFound, match="pull or import"):
        store.resolve(name)
    assert not image_status(store, spec(name)).HasField("image")
    assert list_images(store, cri.ImageFilter(image=spec(name))) == []


@pytest.mark.parametrize("name", ["", "A B", "app:", "-x"])
def test_what_is_no_name_is_refused(store: ImageStore, name: str) -> None:
    with pytest.raises(errors.InvalidArgument):
        store.find(name)


def test_the_beginning_of_several_ids_is_refused() -> None:
    records = {f"sha256:{n:064x}": ImageRecord(f"sha256:{n:064x}") for n in range(2)}
    with pytest.raises(errors.InvalidArgument, match="2 ids begin"):
        find(records, "0000")


def test_lists_show_names_size_and_user(store: ImageStore, app: Image) -> None:
    add(store, app, NAME, "docker.io/library/app:latest")
    add(store, make_image(BASE), "docker.io/library/zz:1")

    first, second = list_images(store)

    assert first.id == app.id
    assert list(first.repo_tags) == [NAME, "docker.io/library/app:latest"]
    assert first.size > second.size > 10_000
    assert (first.username, first.HasField("uid")) == ("www", False)
    assert second.uid.value == 0
    assert not first.pinned
    assert list(stream_images(store)) == [first, second]
    assert list_images(store, cri.ImageFilter(image=spec("zz:1"))) == [second]


def test_removing_by_id_takes_all_tags_and_layers_that_nobody_shares(
    store: ImageStore, app: Image
) -> None:
    add(store, app, NAME, "docker.io/library/app:latest")
    add(store, make_image(BASE), "docker.io/library/base:1")

    remove_image(store, spec(app.id))
    remove_image(store, spec(app.id))

    assert store.find(NAME) is None
    assert store.find("app:latest") is None
    assert layers(store) == 1
    assert (store.resolve("base:1").layers[0] / "base").read_bytes() == b"b" * 10_000
    assert not store.layout.blob(app.id).exists()
    assert list(store.layout.trash.iterdir()) == []


def test_layers_under_containers_stay_until_those_are_gone(tmp_path: Path, app: Image) -> None:
    in_use: list[Path] = []
    store = ImageStore(tmp_path / "images", lambda: in_use)
    add(store, app, NAME)
    in_use += store.resolve(NAME).layers

    remove_image(store, spec(NAME))
    assert store.find(NAME) is None
    assert all((layer).is_dir() for layer in in_use)
    assert image_fs_info(store, 1).image_filesystems[0].used_bytes.value > 10_000

    in_use.clear()
    store.collect()
    assert layers(store) == 0
    assert image_fs_info(store, 1).image_filesystems[0].used_bytes.value == 0


def test_layers_stay_while_nobody_knows_what_containers_stand_on(
    tmp_path: Path, app: Image, caplog: pytest.LogCaptureFixture
) -> None:
    def unknown() -> list[Path]:
        raise errors.DataLoss("a record is damaged")

    store = ImageStore(tmp_path / "images", unknown)
    add(store, app, NAME)

    remove_image(store, spec(NAME))

    assert layers(store) == 2
    assert "a record is damaged" in caplog.text


def test_pinned_images_stay(store: ImageStore, app: Image) -> None:
    add(store, app, NAME)
    store.pin(NAME)

    assert list_images(store)[0].pinned
    with pytest.raises(errors.FailedPrecondition, match="pinned"):
        remove_image(store, spec(NAME))

    add(store, app, "docker.io/library/app:2")
    assert store.resolve(NAME).pinned
    store.pin(NAME, pinned=False)
    remove_image(store, spec(NAME))
    with pytest.raises(errors.ImageNotFound):
        store.pin(NAME)


def test_a_tag_belongs_to_the_image_that_took_it_last(store: ImageStore, app: Image) -> None:
    add(store, app, NAME)
    newer = make_image(BASE, author="newer")

    add(store, newer, NAME)

    assert store.resolve(NAME).id == newer.id
    assert store.resolve(app.id).tags == ()


def test_a_tag_left_in_two_records_by_a_crash_belongs_to_the_later_one(
    store: ImageStore, app: Image
) -> None:
    add(store, app, NAME)
    old_record = next(store.layout.images.iterdir())
    before = old_record.read_bytes()
    newer = make_image(BASE, author="newer")
    add(store, newer, NAME)

    old_record.write_bytes(before)

    again = ImageStore(store.layout.root)
    assert again.resolve(NAME).id == newer.id
    assert again.resolve(app.id).tags == ()


def test_records_survive_encoding() -> None:
    record = ImageRecord(
        "sha256:" + "1" * 64, {NAME: 3}, ("a@b",), ("sha256:" + "2" * 64,), (), 5, "u", pinned=True
    )

    assert decode(encode(record)) == record


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"{}", b'{"version":9}', b"\xff\xfe"])
def test_a_damaged_record_hides_one_image_only(
    store: ImageStore, app: Image, damage: bytes
) -> None:
    add(store, app, NAME)
    path = next(store.layout.images.iterdir())
    add(store, make_image(BASE), "docker.io/library/base:1")

    path.write_bytes(damage)

    assert [list(image.repo_tags) for image in list_images(store)] == [["docker.io/library/base:1"]]
    add(store, app, NAME)
    assert store.resolve(NAME).id == app.id


def test_a_lost_configuration_says_what_to_do(store: ImageStore, app: Image) -> None:
    add(store, app, NAME)
    store.layout.blob(app.id).unlink()
    again = ImageStore(store.layout.root)

    with pytest.raises(errors.DataLoss, match="pull it again"):
        again.resolve(NAME)
    assert len(list_images(again)) == 1


def test_another_process_sees_changes_at_once(store: ImageStore, app: Image) -> None:
    other = ImageStore(store.layout.root)
    assert list_images(other) == []

    add(store, app, NAME)
    assert [image.id for image in list_images(other)] == [app.id]

    store.pin(NAME)
    assert other.resolve(NAME).pinned
    store.pin(NAME, pinned=False)
    remove_image(store, spec(NAME))
    assert list_images(other) == []


def test_unreferenced_layers_of_another_boot_are_made_anew(
    store: ImageStore, app: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtimes.oci.image.layer.boot_id", lambda: "an earlier boot")
    add(store, app, NAME)
    store.remove(NAME)
    damaged = next(store.layout.layers.glob("*/fs/base"))
    damaged.write_bytes(b"")
    monkeypatch.undo()

    add(store, app, NAME)

    assert (store.resolve(NAME).layers[0] / "base").read_bytes() == b"b" * 10_000


def test_layers_that_a_record_names_are_trusted_after_a_boot(
    store: ImageStore, app: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(store, app, NAME)
    inode = store.resolve(NAME).layers[0].stat().st_ino
    monkeypatch.setattr("runtimes.oci.image.layer.boot_id", lambda: "a later boot")

    add(store, app, "docker.io/library/app:2")

    assert store.resolve(NAME).layers[0].stat().st_ino == inode


def test_leased_layers_are_not_collected(store: ImageStore, app: Image) -> None:
    add(store, app, NAME)
    chain = store.records()[app.id].chain

    with lease(store.layout, chain[:1]):
        remove_image(store, spec(NAME))
        assert layers(store) == 1
    store.collect()

    assert layers(store) == 0


def test_dead_leases_count_no_more(store: ImageStore, app: Image) -> None:
    add(store, app, NAME)
    (store.layout.leases / "dead").write_text("\n".join(store.records()[app.id].chain))

    remove_image(store, spec(NAME))

    assert layers(store) == 0
    assert list(store.layout.leases.iterdir()) == []


def test_collecting_waits_for_who_is_about_to_use_a_layer(store: ImageStore, app: Image) -> None:
    add(store, app, NAME)
    store.remove(NAME)

    with store.hold(), pytest.raises(errors.DeadlineExceeded), deadline.within(0.1):
        store.collect()
    assert layers(store) == 2

    store.collect()
    assert layers(store) == 0


def test_leftovers_are_cleared_and_parts_of_blobs_kept_for_a_day(store: ImageStore) -> None:
    layout = store.layout
    chain = "1" * 64
    blob = f"sha256:{'2' * 64}"
    (layout.ingest / f"{chain}.abcd/fs/deep").mkdir(parents=True)
    (layout.ingest / f"{'3' * 64}.abcd").mkdir()
    (layout.trash / "old/x").mkdir(parents=True)
    (layout.images / ".tmp-1").touch()
    (layout.blobs / "sha256").mkdir(exist_ok=True)
    (layout.blobs / "sha256/.tmp-1").touch()
    fresh, stale = layout.partial(blob), layout.partial(f"sha256:{'4' * 64}")
    fresh.touch()
    stale.touch()
    os.utime(stale, (time.time() - 90_000,) * 2)

    with lock.transient(layout.layer_lock(f"sha256:{'3' * 64}")):
        store.recover()

    assert sorted(path.name for path in layout.ingest.iterdir()) == sorted(
        [f"{'3' * 64}.abcd", fresh.name]
    )
    assert list(layout.trash.iterdir()) == []
    assert list(layout.root.rglob(".tmp-*")) == []


def test_the_file_system_is_the_stores_own(store: ImageStore, app: Image) -> None:
    add(store, app, NAME)

    info = image_fs_info(store, 42)

    (usage,) = info.image_filesystems
    assert usage.fs_id.mountpoint == str(store.layout.root)
    assert usage.timestamp == 42
    assert usage.used_bytes.value >= 10_000
    assert usage.inodes_used.value >= 4
    assert list(info.container_filesystems) == [usage]


def test_records_of_images_that_have_not_changed_are_not_read_again(
    store: ImageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(500):
        record = ImageRecord(f"sha256:{n:064x}", {f"docker.io/library/a{n}:1": n})
        (store.layout.images / f"sha256-{n:064x}.json").write_bytes(encode(record))
    before = store.records()
    monkeypatch.setattr("runtimes.oci.image.index.decode", None)

    assert store.records() == before
    assert len(before) == 500
