"""What was applied survives, and every process sees the same."""

from __future__ import annotations

import multiprocessing
import os
import re
import subprocess
import sys
from itertools import count
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from runtimes.core import errors
from runtimes.core.pod import v1
from runtimes.kubelet.store.pods import PodStore, is_being_removed, new_uid
from runtimes.kubelet.store.record import Outcome
from runtimes.kubelet.tests.builders import container, pod, with_meta
from runtimes.kubelet.tests.store.writer import apply_for_ever

if TYPE_CHECKING:
    from pathlib import Path

WANTED = with_meta(pod(), uid="")


@pytest.fixture
def store(tmp_path: Path) -> PodStore:
    numbers = count(1)
    return PodStore(
        tmp_path, "oci", uid=lambda: f"uid-{next(numbers)}", now=lambda: "2026-01-01T00:00:00Z"
    )


def record_of(store: PodStore, uid: str, tmp_path: Path) -> Path:
    return tmp_path / "pods" / uid / "pod.json"


def test_a_new_pod_gets_a_uid_and_a_time(store: PodStore) -> None:
    applied = store.apply(WANTED)

    assert applied.outcome is Outcome.CREATED
    assert applied.created
    meta = applied.pod.metadata
    assert (meta.uid, meta.creation_timestamp, meta.generation) == (
        "uid-1",
        "2026-01-01T00:00:00Z",
        1,
    )
    assert store.get("default", "web") == applied.pod == store.by_uid("uid-1")


def test_applying_the_same_again_changes_nothing(store: PodStore) -> None:
    first = store.apply(WANTED)
    version = store.version("uid-1")

    again = store.apply(WANTED)

    assert again.outcome is Outcome.UNCHANGED
    assert again.pod == first.pod
    assert store.version("uid-1") == version


def test_applying_another_manifest_keeps_the_uid(store: PodStore) -> None:
    store.apply(WANTED)
    before = store.version("uid-1")
    changed = replace(WANTED, spec=replace(WANTED.spec, containers=(container(image="other"),)))

    applied = store.apply(changed)

    assert applied.outcome is Outcome.CONFIGURED
    assert applied.pod.metadata.uid == "uid-1"
    assert applied.pod.metadata.generation == 2
    assert store.version("uid-1") != before


def test_names_are_apart_by_namespace_and_backend(store: PodStore, tmp_path: Path) -> None:
    store.apply(WANTED)
    store.apply(with_meta(WANTED, namespace="other"))
    elsewhere = PodStore(tmp_path, "cri", uid=lambda: "uid-x")
    elsewhere.apply(WANTED)

    assert [pod.metadata.uid for pod in store.list()] == ["uid-1", "uid-2"]
    assert [pod.metadata.uid for pod in elsewhere.list()] == ["uid-x"]
    assert store.by_uid("uid-x") is None


def test_another_store_on_the_same_root_sees_the_same(store: PodStore, tmp_path: Path) -> None:
    applied = store.apply(WANTED)

    assert PodStore(tmp_path, "oci").get("default", "web") == applied.pod


def test_a_manifests_own_uid_is_kept_and_has_to_stay(store: PodStore) -> None:
    assert store.apply(with_meta(WANTED, uid="mine")).pod.metadata.uid == "mine"

    with pytest.raises(errors.InvalidArgument, match="remove the pod first"):
        store.apply(with_meta(WANTED, uid="yours"))
    with pytest.raises(errors.InvalidArgument, match="belongs to another pod"):
        store.apply(with_meta(WANTED, uid="mine", name="other"))


def test_deletion_is_marked_once_and_its_grace_only_shrinks(store: PodStore) -> None:
    store.apply(WANTED)

    graces = []
    for grace in (None, 10, 20, 0):
        marked = store.mark_deleted("uid-1", grace)
        assert marked is not None
        graces.append(marked.metadata.deletion_grace_period_seconds)

    assert graces == [30, 10, 10, 1]
    assert marked == store.by_uid("uid-1")
    assert store.mark_deleted("none") is None


def test_a_removal_that_was_cut_off_leaves_nothing_for_good(
    store: PodStore, tmp_path: Path
) -> None:
    store.apply(WANTED)
    store.apply(with_meta(WANTED, name="other"))
    marked = store.mark_deleted("uid-1", removal=True)
    (tmp_path / "pods" / "uid-1" / "pod.json").unlink()
    (tmp_path / "pods" / "uid-1" / "lock").touch()
    store.apply_object(v1.Secret(metadata=v1.ObjectMeta(name="key", namespace="default")))
    (kept,) = (tmp_path / "objects").iterdir()
    kept.with_name(f".{kept.name}.0123abcd").touch()

    store.sweep()

    assert marked is not None
    assert is_being_removed(marked)
    assert [path.name for path in (tmp_path / "names").iterdir()] == ["oci_default_other"]
    assert [path.name for path in (tmp_path / "pods").iterdir()] == ["uid-2"]
    assert list((tmp_path / "objects").iterdir()) == [kept]


def test_a_name_that_leads_out_of_the_folder_is_no_pod(store: PodStore, tmp_path: Path) -> None:
    (tmp_path / "names").mkdir()
    broken = tmp_path / "names" / "oci_default_web"
    broken.symlink_to("../objects")

    store.sweep()
    assert broken.is_symlink()
    assert store.get("default", "web") is None
    assert store.apply(WANTED).outcome is Outcome.CREATED
    assert str(broken.readlink()) == "uid-1"


def test_applying_a_stopped_pod_takes_the_mark_away(store: PodStore) -> None:
    store.apply(WANTED)
    store.mark_deleted("uid-1")

    applied = store.apply(WANTED)

    assert applied.outcome is Outcome.CONFIGURED
    assert applied.pod.metadata.deletion_timestamp == ""
    assert applied.pod.metadata.deletion_grace_period_seconds is None


def test_removing_forgets_and_is_idempotent(store: PodStore, tmp_path: Path) -> None:
    store.apply(WANTED)
    with store.held("uid-1"):
        pass

    store.remove("uid-1")
    store.remove("uid-1")

    assert store.get("default", "web") is None
    assert store.version("uid-1") == 0
    assert list((tmp_path / "pods").iterdir()) == []
    assert list((tmp_path / "names").iterdir()) == []
    assert store.apply(WANTED).pod.metadata.uid == "uid-2"


def test_removing_leaves_what_others_put_there(store: PodStore, tmp_path: Path) -> None:
    store.apply(WANTED)
    (tmp_path / "pods" / "uid-1" / "volumes").mkdir()

    store.remove("uid-1")

    assert (tmp_path / "pods" / "uid-1" / "volumes").is_dir()


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b'{"format": 1}', b'{"format": 99, "backend": "oci", "pod": {}}', b"\xff\xfe"],
    ids=["empty", "cut", "incomplete", "newer", "binary"],
)
def test_a_damaged_record_is_unknown_and_hides_no_other(
    store: PodStore, tmp_path: Path, damage: bytes
) -> None:
    store.apply(WANTED)
    store.apply(with_meta(WANTED, name="other"))
    record_of(store, "uid-1", tmp_path).write_bytes(damage)

    assert store.get("default", "web") is None
    assert [pod.metadata.name for pod in store.list()] == ["other"]
    assert store.apply(WANTED).outcome is Outcome.CREATED
    store.remove("uid-1")


def test_a_name_without_its_record_reads_as_no_pod(store: PodStore, tmp_path: Path) -> None:
    store.apply(WANTED)
    record_of(store, "uid-1", tmp_path).unlink()

    assert store.get("default", "web") is None
    assert store.apply(WANTED).pod.metadata.uid == "uid-2"


@pytest.mark.parametrize("part", ["../x", "a/b", "", ".."])
def test_a_name_cant_leave_the_root(store: PodStore, part: str) -> None:
    with pytest.raises(errors.InvalidArgument, match="can't be a file name"):
        store.apply(with_meta(WANTED, name=part))


def test_a_write_that_fails_leaves_the_old_record_and_no_litter(
    store: PodStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    applied = store.apply(WANTED)

    monkeypatch.setattr(os, "fsync", _full)
    with pytest.raises(errors.ResourceExhausted, match=r"record pod .* in .*pod\.json: No space"):
        store.mark_deleted("uid-1")
    monkeypatch.undo()

    assert store.by_uid("uid-1") == applied.pod
    assert [path.name for path in (tmp_path / "pods" / "uid-1").iterdir()] == ["pod.json"]


def test_a_first_write_that_fails_leaves_no_folder(
    store: PodStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", _full)
    with pytest.raises(errors.ResourceExhausted):
        store.apply(WANTED)
    monkeypatch.undo()

    assert list((tmp_path / "pods").iterdir()) == []
    assert store.list() == []
    assert store.apply(WANTED).outcome is Outcome.CREATED


def _full(descriptor: int) -> None:
    raise OSError(28, "No space left on device")


def test_uids_are_random_and_well_formed() -> None:
    uids = {new_uid() for _ in range(200)}

    assert len(uids) == 200
    pattern = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
    assert all(re.fullmatch(pattern, uid) for uid in uids)


def test_any_kill_leaves_whole_records_and_one_uid_per_name(tmp_path: Path) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([apply_for_ever.__module__])
    uids: dict[str, str] = {}
    for round_ in range(25):
        writers = [
            context.Process(target=apply_for_ever, args=(tmp_path, number)) for number in range(2)
        ]
        for writer in writers:
            writer.start()
        while len(list((tmp_path / "names").glob("*"))) < 3:
            writers[0].join(0.01)
        writers[0].join(0.02 + (round_ % 7) * 0.013)
        for writer in writers:
            os.kill(writer.pid or 0, 9)
            writer.join()

        for found in PodStore(tmp_path, "oci").list():
            known = uids.setdefault(found.metadata.name, found.metadata.uid)
            assert known == found.metadata.uid
            assert isinstance(found.spec.containers[0], v1.Container)
    assert set(uids) == {"pod-0", "pod-1", "pod-2"}


def test_removing_a_pod_takes_half_written_records_along(store: PodStore, tmp_path: Path) -> None:
    uid = store.apply(WANTED).pod.metadata.uid
    (tmp_path / "pods" / uid / ".pod.json.deadbeef").write_bytes(b"{")

    store.remove(uid)

    assert list((tmp_path / "pods").iterdir()) == []


def test_applying_clears_what_a_killed_apply_of_that_name_left(
    store: PodStore, tmp_path: Path
) -> None:
    lost = store.apply(WANTED).pod.metadata.uid
    record = record_of(store, lost, tmp_path)
    record.rename(record.with_name(".pod.json.deadbeef"))

    found = store.apply(WANTED).pod.metadata.uid

    assert [path.name for path in (tmp_path / "pods").iterdir()] == [found]
    assert found != lost


def test_a_name_has_one_driver_until_it_lets_go(tmp_path: Path) -> None:
    here, there = PodStore(tmp_path, "oci"), PodStore(tmp_path, "oci")
    first = here.claim("default", "web")

    assert first is not None
    assert there.claim("default", "web") is None
    assert there.claim("other", "web") is not None

    first.release()
    first.release()

    assert there.claim("default", "web") is not None
    assert list((tmp_path / "driven").iterdir()) == []


def test_a_killed_driver_leaves_its_name_to_others(tmp_path: Path) -> None:
    store = PodStore(tmp_path, "oci")
    script = (
        "import sys; from pathlib import Path; from runtimes.kubelet.store.pods import PodStore; "
        "held = PodStore(Path(sys.argv[1]), 'oci').claim('default', 'web'); "
        "print(held is not None, flush=True); sys.stdin.read()"
    )
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdin=pipe, stdout=pipe, text=True
    ) as driver:
        assert driver.stdout is not None
        assert driver.stdout.readline() == "True\n"
        assert store.claim("default", "web") is None
        driver.kill()

    assert store.claim("default", "web") is not None


def test_a_pods_version_tells_every_change_and_zero_once_it_is_gone(store: PodStore) -> None:
    uid = store.apply(WANTED).pod.metadata.uid
    versions = [store.version(uid)]
    for grace in (9, 8, 7):
        store.mark_deleted(uid, grace)
        versions.append(store.version(uid))

    assert len(set(versions)) == 4
    store.remove(uid)
    assert store.version(uid) == 0


def test_a_pod_that_is_gone_can_be_held_and_leaves_nothing(store: PodStore, tmp_path: Path) -> None:
    uid = store.apply(WANTED).pod.metadata.uid
    store.remove(uid)

    with store.held(uid):
        assert list((tmp_path / "pods").iterdir()) == []
