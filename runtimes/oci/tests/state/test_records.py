"""Records, names and locks on disk."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from runtimes.core import deadline, errors
from runtimes.core.host.process import Process
from runtimes.core.state.store import Store
from runtimes.oci.state.record import (
    ContainerPhase,
    ContainerRecord,
    Failure,
    NetworkState,
    SandboxPhase,
    SandboxRecord,
)


def sandbox(object_id: str = "a" * 64, **changes: object) -> SandboxRecord:
    record = SandboxRecord(
        id=object_id,
        name="pod",
        namespace="default",
        uid="1-2-3",
        attempt=0,
        created_at_ns=5,
        boot_id="boot",
        phase=SandboxPhase.CREATING,
        network=NetworkState.ATTEMPTED,
        config=b"\x00\xff",
    )
    return replace(record, **changes)  # type: ignore[arg-type]  # fields by name


@pytest.fixture
def store(tmp_path: Path) -> Store[SandboxRecord]:
    store = Store(tmp_path, SandboxRecord)
    store.prepare()
    return store


def test_records_survive_a_round_trip() -> None:
    container = ContainerRecord(
        id="c",
        sandbox_id="s",
        name="main",
        attempt=3,
        created_at_ns=1,
        boot_id="b",
        phase=ContainerPhase.FAILED,
        config=b"\x01",
        resources=b"\x02",
        groups=(1, 2),
        process=Process(7, 8),
        monitor=Process(9, 10),
        failure=Failure("StartError", "no", 128, 4),
    )
    pod = sandbox(ips=("10.0.0.2", "fd00::2"), pause=Process(1, 2))

    assert ContainerRecord.decode(container.encode()) == container
    assert SandboxRecord.decode(pod.encode()) == pod


def test_fields_of_later_patches_are_ignored() -> None:
    data = sandbox().encode().replace(b'"uid"', b'"later":[1],"uid"')

    assert SandboxRecord.decode(data) == sandbox()


@pytest.mark.parametrize(
    "data", [b"", b"null", b"{}", b'{"version":1}', b"\xff", b'{"version":"x"}', b'{"version":1,']
)
def test_what_is_no_record_is_lost_data(data: bytes) -> None:
    with pytest.raises(errors.DataLoss, match="sandbox record"):
        SandboxRecord.decode(data)


def test_an_unknown_phase_is_lost_data() -> None:
    with pytest.raises(errors.DataLoss, match="phase"):
        SandboxRecord.decode(sandbox().encode().replace(b'"creating"', b'"phase of the moon"'))


def test_a_created_record_can_be_read_changed_and_deleted(store: Store[SandboxRecord]) -> None:
    record = sandbox()

    with store.create(record):
        store.save(ready := replace(record, phase=SandboxPhase.READY))

    assert store.load(record.id) == ready
    assert store.all() == [ready]
    assert store.owner(record.unique_name) == record.id
    store.delete(ready)
    assert store.ids() == []
    assert store.owner(record.unique_name) is None
    with pytest.raises(errors.NotFound, match=record.id):
        store.load(record.id)


def test_a_change_by_another_service_is_seen(store: Store[SandboxRecord], tmp_path: Path) -> None:
    with store.create(sandbox()):
        pass
    other = Store(tmp_path, SandboxRecord)
    assert other.load("a" * 64).phase is SandboxPhase.CREATING

    with store.lock("a" * 64) as record:
        store.save(replace(record, phase=SandboxPhase.READY))

    assert other.load("a" * 64).phase is SandboxPhase.READY


def test_a_unique_name_has_one_owner(store: Store[SandboxRecord]) -> None:
    with store.create(sandbox("a" * 64)):
        pass

    with pytest.raises(errors.AlreadyExists, match="a" * 64), store.create(sandbox("b" * 64)):
        pytest.fail("the name was taken")

    assert store.ids() == ["a" * 64]
    with store.create(sandbox("b" * 64, attempt=1)):
        pass


def test_a_name_without_an_owner_is_taken_over(store: Store[SandboxRecord]) -> None:
    with store.create(sandbox("a" * 64)):
        pass
    store.discard("a" * 64)

    with store.create(sandbox("b" * 64)):
        pass

    assert store.owner(sandbox().unique_name) == "b" * 64


def test_names_without_an_owner_are_swept(store: Store[SandboxRecord], tmp_path: Path) -> None:
    for object_id, attempt in (("a" * 64, 0), ("b" * 64, 1)):
        with store.create(sandbox(object_id, attempt=attempt)):
            pass
    store.discard("a" * 64)

    store.sweep_names()

    assert len(list((tmp_path / "names").iterdir())) == 1
    assert store.owner(sandbox(attempt=1).unique_name) == "b" * 64


def test_many_creators_of_one_name_agree_on_one(store: Store[SandboxRecord]) -> None:
    won, lost = [], []

    def create(number: int) -> None:
        try:
            with store.create(sandbox(f"{number:064x}")):
                won.append(number)
        except errors.AlreadyExists:
            lost.append(number)

    threads = [threading.Thread(target=create, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(won), len(lost)) == (1, 11)
    assert store.ids() == [f"{won[0]:064x}"]


def test_a_lock_excludes_others_until_their_deadline(store: Store[SandboxRecord]) -> None:
    with store.create(sandbox()), deadline.within(0.05):
        with pytest.raises(errors.DeadlineExceeded, match="lock"), store.lock("a" * 64):
            pytest.fail("two held the lock")
        with store.try_lock("a" * 64) as free:
            assert not free

    with store.lock("a" * 64, shared=True), store.lock("a" * 64, shared=True):
        pass


def test_a_lock_on_what_was_removed_meanwhile_is_not_found(store: Store[SandboxRecord]) -> None:
    found: list[BaseException] = []

    def wait() -> None:
        try:
            with store.lock("a" * 64):
                pass
        except errors.NotFound as error:
            found.append(error)

    with store.create(sandbox()):
        thread = threading.Thread(target=wait)
        thread.start()
        time.sleep(0.02)
        store.delete(sandbox())
    thread.join()

    assert found


def test_the_kernel_frees_a_killed_holders_lock(
    store: Store[SandboxRecord], tmp_path: Path
) -> None:
    with store.create(sandbox()):
        pass
    script = (
        "import sys, pathlib; from runtimes.core.state.store import Store;"
        "from runtimes.oci.state.record import SandboxRecord;"
        f"lock = Store(pathlib.Path({str(tmp_path)!r}), SandboxRecord).lock({'a' * 64!r});"
        "lock.__enter__(); print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with store.try_lock("a" * 64) as free:
            assert not free
        holder.kill()
        holder.wait()

    with store.try_lock("a" * 64) as free:
        assert free


def test_what_is_being_born_is_invisible_and_swept_once_its_maker_is_dead(
    store: Store[SandboxRecord], tmp_path: Path
) -> None:
    unborn = tmp_path / "sandboxes" / f".new-{'a' * 64}"
    unborn.mkdir()
    (unborn / "record.json.tmp").write_text("half")

    with store.try_lock(unborn.name) as free:
        assert free
        store.sweep()
        assert unborn.exists()
    assert store.ids() == []
    store.sweep()

    assert not unborn.exists()


def test_ids_are_completed_from_prefixes(store: Store[SandboxRecord]) -> None:
    for attempt, object_id in enumerate(("ab" * 32, "ac" * 32)):
        with store.create(sandbox(object_id, attempt=attempt)):
            pass

    assert store.resolve("ab") == "ab" * 32
    assert store.resolve("ac" * 32) == "ac" * 32
    with pytest.raises(errors.InvalidArgument, match="give more"):
        store.resolve("a")
    with pytest.raises(errors.NotFound):
        store.resolve("b")
    for wrong in ("", "../x", ".new-a", "a/b"):
        with pytest.raises(errors.InvalidArgument):
            store.resolve(wrong)


def test_records_that_have_not_changed_are_not_read_again(
    store: Store[SandboxRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(200):
        with store.create(sandbox(f"{number:064x}", attempt=number, created_at_ns=number)):
            pass
    store.all()
    monkeypatch.setattr(SandboxRecord, "decode", _refuse)

    assert [record.attempt for record in store.all()] == list(range(200))


def _refuse(data: bytes) -> SandboxRecord:
    raise AssertionError(data)


def test_a_held_lock_is_not_inherited_by_children(store: Store[SandboxRecord]) -> None:
    before = _inheritable()

    with store.create(sandbox()):
        assert _inheritable() == before


def _inheritable() -> set[str]:
    names = [path.name for path in Path("/proc/self/fd").iterdir()]
    return {name for name in names if _is_inheritable(int(name))}


def _is_inheritable(descriptor: int) -> bool:
    try:
        return os.get_inheritable(descriptor)
    except OSError:
        return False
