"""A runtime that is away for a while, and records that are lost, on the embedded backend."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.core.host.process import identify
from runtimes.kubelet.tests.engines.conftest import kubelet_on

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.contract.engines.session import EngineSession
    from runtimes.core.host.process import Process
    from runtimes.kubelet.status.view import PodView
    from runtimes.kubelet.tests.engines.conftest import RealKubelet
    from runtimes.kubelet.worker import PodWorker

pytestmark = [pytest.mark.needs_oci, pytest.mark.needs_root, pytest.mark.timeout(240)]
PATIENCE = 60.0


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An OCI runtime of our own, which can be taken away."""
    found = shutil.which("crun") or shutil.which("runc")
    assert found is not None
    path = tmp_path_factory.mktemp("program") / Path(found).name
    path.symlink_to(found)
    return path


@pytest.fixture(scope="module")
def engine(
    program: Path, runtimes_engines: EngineSession, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RealKubelet]:
    folder = tmp_path_factory.mktemp("losses")
    folder.chmod(0o755)
    yield from kubelet_on("oci", folder, runtimes_engines, runtime=str(program))


def started(real: RealKubelet) -> tuple[PodWorker, PodView]:
    worker = real.worker(real.script("exec sleep 1000"), policy="Always")
    return worker, worker.run(until=lambda view: view.running, timeout=PATIENCE)


def process_of(real: RealKubelet, view: PodView) -> Process:
    status = real.runtime.service.container_status(view.observed.containers[0].id, verbose=True)
    found = identify(json.loads(status.info["info"])["pid"])
    assert found is not None
    return found


def runtime_is_ready(real: RealKubelet) -> bool:
    return next(one.status for one in real.runtime.status() if one.type == "RuntimeReady")


def test_pods_outlast_a_runtime_that_is_away_and_start_when_it_is_back(
    real: RealKubelet, program: Path
) -> None:
    (steady, before), (dying, first) = started(real), started(real)

    program.rename(program.with_name("away"))
    process_of(real, first).kill()
    away = dying.run(until=lambda view: not view.result.ok, timeout=PATIENCE)
    was_ready = runtime_is_ready(real)
    program.with_name("away").rename(program)
    again = dying.run(until=lambda view: view.running, timeout=PATIENCE)

    assert not was_ready
    assert runtime_is_ready(real)
    assert str(program) in away.result.describe()
    assert again.observed.sandboxes == first.observed.sandboxes
    assert steady.sync().observed == before.observed


@pytest.mark.parametrize("lost", [("sandboxes",), ("containers",), ("sandboxes", "containers")])
def test_a_pod_whose_records_are_damaged_can_be_stopped_and_removed(
    real: RealKubelet, lost: tuple[str, ...]
) -> None:
    worker, view = started(real)
    process = process_of(real, view)
    ids = {"sandboxes": view.observed.sandboxes[0].id, "containers": view.observed.containers[0].id}
    folders = [real.folder / "oci" / kind / ids[kind] for kind in lost]
    for folder in folders:
        (folder / "record.json").write_bytes(b"\0" * 100)

    worker.stop(0)
    worker.remove()
    with real.subject.open():  # as the next command does
        pass

    assert real.runtime.get_pods(include_exited=True) == []
    assert not process.alive
    assert not any(folder.exists() for folder in folders)
