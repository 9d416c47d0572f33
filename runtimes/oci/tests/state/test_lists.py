"""What a list of one pod among many looks at, and that what others do is seen all the same."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import pytest

from runtimes.core import labels
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.container.changes import Changes
from runtimes.oci.container.list import list_containers
from runtimes.oci.engine import Engine
from runtimes.oci.options import OciOptions
from runtimes.oci.sandbox.list import list_pod_sandbox
from runtimes.oci.state.record import (
    ContainerPhase,
    ContainerRecord,
    Failure,
    NetworkState,
    SandboxPhase,
    SandboxRecord,
)
from runtimes.oci.stats.container import list_container_stats

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")

PODS = 30


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    engine = _engine(tmp_path)
    engine.prepare()
    for number in range(PODS):
        _add(engine, number)
    return engine


def _engine(folder: Path) -> Engine:
    return Engine(OciOptions(root=folder / "root", run_root=folder / "run"))


def _add(engine: Engine, number: int) -> None:
    """A pod with one container, which has ended."""
    names = {labels.POD_UID: f"uid-{number}"}
    sandbox = SandboxRecord(
        id=_id("5", number),
        name=f"pod-{number}",
        namespace="default",
        uid=f"uid-{number}",
        attempt=0,
        created_at_ns=number,
        boot_id=engine.boot_id,
        phase=SandboxPhase.READY,
        network=NetworkState.HOST,
        config=cri.PodSandboxConfig(labels=names).SerializeToString(),
    )
    container = ContainerRecord(
        id=_id("c", number),
        sandbox_id=sandbox.id,
        name="main",
        attempt=0,
        created_at_ns=number,
        boot_id=engine.boot_id,
        phase=ContainerPhase.STARTED,
        config=cri.ContainerConfig(labels=names).SerializeToString(),
        started_at_ns=1,
    )
    with engine.sandboxes.create(sandbox), engine.containers.create(container):
        engine.paths.exit_file(container.id).write_text("0")


def _id(first: str, number: int) -> str:
    return f"{first}{number:063x}"


def _of_pod(number: int) -> dict[str, str]:
    return {labels.POD_UID: f"uid-{number}"}


def _sandboxes(engine: Engine, number: int) -> list[cri.PodSandbox]:
    return list_pod_sandbox(engine, cri.PodSandboxFilter(label_selector=_of_pod(number)))


def _containers(engine: Engine, number: int) -> list[cri.Container]:
    return list_containers(engine, cri.ContainerFilter(label_selector=_of_pod(number)))


def _containers_by_sandbox(engine: Engine, number: int) -> list[cri.Container]:
    return list_containers(engine, cri.ContainerFilter(pod_sandbox_id=_id("5", number)))


def _container_stats(engine: Engine, number: int) -> list[cri.ContainerStats]:
    return list_container_stats(engine, cri.ContainerStatsFilter(pod_sandbox_id=_id("5", number)))


def _containers_of(engine: Engine, number: int) -> list[ContainerRecord]:
    return engine.containers_of(_id("5", number))


def _change(engine: Engine, number: int) -> bool:
    return Changes().wait(engine, f"uid-{number}", 0)


@pytest.mark.parametrize(
    ("look", "at"),
    [
        (_sandboxes, {"sandbox", "pin"}),
        (_containers, {"container", "exit"}),
        (_containers_by_sandbox, {"container", "exit"}),
        (_container_stats, {"container", "exit"}),
        (_containers_of, {"container"}),
        (_change, {"sandbox", "container", "exit"}),
    ],
)
def test_a_look_at_one_pod_opens_no_file_of_another(
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    look: Callable[[Engine, int], object],
    at: set[str],
) -> None:
    look(engine, 0)
    files = {
        "sandbox": engine.sandboxes.folder(_id("5", 7)) / "record.json",
        "container": engine.containers.folder(_id("c", 7)) / "record.json",
        "pin": engine.paths.pin(_id("5", 7), "net"),
        "exit": engine.paths.exit_file(_id("c", 7)),
    }

    looked_at = _watch(monkeypatch)
    look(engine, 7)
    monkeypatch.undo()

    assert sorted(looked_at) == sorted(files[name] for name in at)


def _watch(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Note every file that is opened or asked for."""
    looked_at: list[Path] = []

    def noting(act: Callable[P, T]) -> Callable[P, T]:
        def noted(*args: P.args, **more: P.kwargs) -> T:
            looked_at.append(Path(str(args[0])))
            return act(*args, **more)

        return noted

    monkeypatch.setattr(os, "open", noting(os.open))
    monkeypatch.setattr(os, "stat", noting(os.stat))
    return looked_at


def test_what_another_service_does_is_seen_by_a_list_that_knew_better(
    engine: Engine, tmp_path: Path
) -> None:
    other = _engine(tmp_path)
    assert len(_sandboxes(engine, 3)) == len(_containers(engine, 3)) == 1
    failure = Failure("StartError", "no", 128, 4)

    with other.sandboxes.lock(_id("5", 3)) as sandbox:
        other.sandboxes.save(replace(sandbox, phase=SandboxPhase.STOPPED))
    with other.containers.lock(_id("c", 3)) as container:
        other.containers.save(replace(container, phase=ContainerPhase.FAILED, failure=failure))
    with other.containers.lock(_id("c", 4)) as container:
        other.containers.delete(container)
    (other.sandboxes.folder(_id("5", 5)) / "record.json").write_text("{")
    _add(other, PODS)

    assert [one.state for one in _sandboxes(engine, 3)] == [cri.SANDBOX_NOTREADY]
    assert [one.state for one in _containers(engine, 3)] == [cri.CONTAINER_EXITED]
    assert engine.containers_of(_id("5", 3))[0].failure == failure
    assert _containers(engine, 4) == []
    assert _sandboxes(engine, 5) == []
    assert [one.id for one in _sandboxes(engine, PODS)] == [_id("5", PODS)]
    assert [one.id for one in _containers(engine, PODS)] == [_id("c", PODS)]


def test_a_list_of_all_reads_what_was_left_out_before(engine: Engine, tmp_path: Path) -> None:
    _sandboxes(engine, 0)
    other = _engine(tmp_path)
    with other.sandboxes.lock(_id("5", 9)) as record:
        other.sandboxes.save(replace(record, phase=SandboxPhase.STOPPED))
    _sandboxes(engine, 0)

    found = {one.id: one.state for one in list_pod_sandbox(engine)}

    assert len(found) == PODS
    assert [each for each, state in found.items() if state != cri.SANDBOX_READY] == [_id("5", 9)]
