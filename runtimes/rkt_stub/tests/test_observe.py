"""Containers that are added, removed or started while somebody looks at them."""

from __future__ import annotations

import json
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from threading import Barrier, BrokenBarrierError, Event
from typing import TYPE_CHECKING

import pytest

from runtimes.core import deadline, errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.rkt_stub.container.create import identity
from runtimes.rkt_stub.container.list import list_containers
from runtimes.rkt_stub.container.observe import observe
from runtimes.rkt_stub.container.remove import remove_container
from runtimes.rkt_stub.container.start import start_container
from runtimes.rkt_stub.container.stop import stop_container
from runtimes.rkt_stub.images.accounts import AccountCache, Accounts
from runtimes.rkt_stub.images.store import ImageStore, StoredImage
from runtimes.rkt_stub.launch.choose import Session
from runtimes.rkt_stub.program.rkt import Answer, Rkt
from runtimes.rkt_stub.sandbox.recover import recover
from runtimes.rkt_stub.shim.engine import ShimEngine
from runtimes.rkt_stub.shim.record import VERSION, ContainerRecord, SandboxRecord

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runtimes.rkt_stub.program.shapes import AppSettings

UUID = "5ab8f6a2-77cb-4a3e-a5a5-3d2e1a4a4a4a"
RECORD = ContainerRecord(
    id="c1",
    sandbox_id="s1",
    name="main",
    attempt=0,
    created_at_ns=1,
    app="main-0",
    image_id="sha512-1",
    config_bytes=b"",
    added=True,
)

SANDBOX = SandboxRecord(
    id="s1", name="p", namespace="n", uid="u", attempt=0, created_at_ns=1, config_bytes=b""
)


def nothing() -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class Program(Rkt):
    """One pod that runs, and the states of its apps.

    Attributes:
        stuck: no app can be removed.
        looked: called whenever an app was looked at, before that is answered.
    """

    apps: dict[str, str] = field(default_factory=dict)
    stuck: bool = False
    looked: Callable[[], None] = nothing
    starts: list[str] = field(default_factory=list)

    def call(
        self, *words: str, timeout: float | None = None, interruptible: bool = False
    ) -> Answer:
        del timeout, interruptible
        answer: object = [{"name": UUID, "state": "running", "app_names": list(self.apps)}]
        if words[:2] == ("app", "status"):
            state = self.apps.get(RECORD.app)
            self.looked()
            if state is None:
                return Answer(words, 254, b"", b"")
            answer = {"name": RECORD.app, "state": state}
        if words[:2] == ("app", "rm") and self.stuck:
            return Answer(words, 254, b"", b"rm: error removing app: exit status 5\n")
        if words[:2] == ("app", "rm"):
            self.apps.pop(words[3].partition("=")[2], None)
        if words[:2] == ("app", "start"):
            self.starts.append(RECORD.app)
            self.apps[RECORD.app] = "running"
        return Answer(words, 0, json.dumps(answer).encode(), b"")


def engine_of(root: Path, rkt: Rkt) -> ShimEngine:
    engine = ShimEngine(
        rkt=rkt,
        images=ImageStore(rkt),
        accounts=AccountCache(rkt),
        launcher=Session(),
        root=root,
        net="none",
    )
    engine.prepare()
    engine.logs(RECORD.sandbox_id).mkdir(parents=True)
    (engine.folder(RECORD.sandbox_id) / "uuid").write_text(UUID)
    return engine


def test_a_look_while_a_container_is_added_does_not_take_it_for_ended(tmp_path: Path) -> None:
    looked = Event()
    rkt = Program(looked=looked.set)
    engine = engine_of(tmp_path, rkt)

    unborn = replace(RECORD, added=False)
    with ThreadPoolExecutor() as threads:
        with engine.containers.create(unborn):
            seen = threads.submit(observe, engine, unborn)
            assert not looked.wait(0.3)
            rkt.apps[RECORD.app] = "created"

        assert seen.result(30).state == cri.CONTAINER_CREATED
    assert engine.containers.load(RECORD.id).end is None


@pytest.mark.parametrize("app", ["created", "unknown", None])
def test_an_interrupted_creation_is_finished_if_rkt_has_the_app_or_taken_back(
    tmp_path: Path, app: str | None
) -> None:
    rkt = Program(apps={RECORD.app: app} if app else {})
    engine = engine_of(tmp_path, rkt)
    with engine.containers.create(replace(RECORD, added=False)):
        pass

    listed = list_containers(engine, None)

    assert [one.state for one in listed] == [cri.CONTAINER_CREATED] * (app == "created")
    assert engine.containers.ids() == [RECORD.id] * (app == "created")
    assert (RECORD.app in rkt.apps) == (app == "created")


def test_what_rkt_neither_added_nor_can_remove_hides_no_other_container(tmp_path: Path) -> None:
    engine = engine_of(tmp_path, Program(apps={RECORD.app: "unknown"}, stuck=True))
    with engine.containers.create(replace(RECORD, added=False)):
        pass

    assert list_containers(engine, None) == []
    assert engine.containers.ids() == []


def test_who_looks_waits_for_the_rkt_of_a_killed_caller(tmp_path: Path) -> None:
    rkt = Program(apps={RECORD.app: "created"})
    engine = engine_of(tmp_path, rkt)
    with engine.containers.create(replace(RECORD, added=False)):
        pass
    with engine.changing(RECORD) as changing:
        left = subprocess.Popen(["cat"], stdin=subprocess.PIPE, pass_fds=changing.inherited)

    with left, pytest.raises(errors.DeadlineExceeded), deadline.within(0.1):
        list_containers(engine, None)

    assert [one.state for one in list_containers(engine, None)] == [cri.CONTAINER_CREATED]


def test_a_container_whose_record_is_lost_leaves_its_pod_and_the_others(tmp_path: Path) -> None:
    rkt = Program(apps={RECORD.app: "running", "other-0": "running"})
    engine = engine_of(tmp_path, rkt)
    other = replace(RECORD, id="c2", name="other", app="other-0")
    with engine.sandboxes.create(SANDBOX):
        for record in (RECORD, other):
            with engine.containers.create(record):
                pass
    (engine.containers.folder(RECORD.id) / "record.json").write_text('{"id": ')

    recover(engine)

    assert engine.containers.ids() == [other.id]
    assert list(rkt.apps) == [other.app]


def test_an_app_that_a_newer_version_may_know_stays_until_that_can_be_told(tmp_path: Path) -> None:
    rkt = Program(apps={RECORD.app: "running", "newer-0": "running"})
    engine = engine_of(tmp_path, rkt)
    newer = replace(RECORD, id="c2", name="newer", app="newer-0", version=VERSION + 1)
    with engine.sandboxes.create(SANDBOX):
        for record in (RECORD, newer):
            with engine.containers.create(record):
                pass
    (engine.containers.folder(RECORD.id) / "record.json").write_text('{"id": ')

    recover(engine)

    assert sorted(rkt.apps) == [RECORD.app, newer.app]
    engine.containers.save(replace(newer, version=VERSION))  # as its own version sees it
    recover(engine)
    assert list(rkt.apps) == [newer.app]
    assert engine.containers.ids() == [newer.id]


def test_a_container_whose_pod_is_gone_with_its_folder_can_be_removed(tmp_path: Path) -> None:
    engine = engine_of(tmp_path, Program())
    with engine.containers.create(RECORD):
        pass
    shutil.rmtree(engine.folder(RECORD.sandbox_id))

    remove_container(engine, RECORD.id)

    assert engine.containers.ids() == []


def test_a_container_that_is_removed_meanwhile_is_missing_from_the_list_only(
    tmp_path: Path,
) -> None:
    engine = engine_of(tmp_path, Program())
    other = replace(RECORD, id="c2", attempt=1)
    for record in (RECORD, other):
        with engine.containers.create(record):
            pass
    engine.rkt = Program(looked=lambda: engine.containers.delete(RECORD))

    assert [one.id for one in list_containers(engine, None)] == [other.id]


def test_stopping_what_is_removed_meanwhile_is_fine(tmp_path: Path) -> None:
    engine = engine_of(tmp_path, Program())
    with engine.containers.create(RECORD):
        pass
    engine.rkt = Program(looked=lambda: engine.containers.delete(RECORD))

    stop_container(engine, RECORD.id, 0)


@pytest.mark.parametrize(("said", "gid"), [("staff", "50"), ("0", "6")])
def test_a_container_has_its_images_group_or_else_its_users(
    tmp_path: Path, said: str, gid: str
) -> None:
    engine = engine_of(tmp_path, Program())
    users, groups = (("app", "x", "5", "6"),), (("staff", "x", "50", ""),)
    engine.accounts = AccountCache(engine.rkt, {"sha512-1": Accounts(users, groups)})
    manifest: AppSettings = {"exec": [], "user": "app", "group": said}
    image = StoredImage(
        id="sha512-1", name="i", digest="", size_bytes=1, app=manifest, entrypoint=(), cmd=()
    )

    assert identity(engine, cri.ContainerConfig(), image) == ("5", gid, ())


def test_of_two_starts_at_a_time_one_is_refused(tmp_path: Path) -> None:
    both_looked = Barrier(2)

    def meet() -> None:
        with suppress(BrokenBarrierError):  # they don't: one waits for the other
            both_looked.wait(0.3)

    rkt = Program(apps={RECORD.app: "created"}, looked=meet)
    engine = engine_of(tmp_path, rkt)
    with engine.containers.create(RECORD):
        pass

    with ThreadPoolExecutor() as threads:
        both = [threads.submit(start_container, engine, RECORD.id) for _ in range(2)]

    refused = [error for one in both if (error := one.exception(30)) is not None]
    assert [type(error) for error in refused] == [errors.FailedPrecondition]
    assert rkt.starts == [RECORD.app]
