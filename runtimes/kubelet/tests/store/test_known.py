"""What a driver knows, as others see it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from runtimes.core.host.process import Process, identify
from runtimes.core.pod import v1
from runtimes.core.pod.probes import ProbeResult, ProbeResults
from runtimes.kubelet.status.reasons import WaitReason
from runtimes.kubelet.status.seen import previous_attempt, status_from_outside
from runtimes.kubelet.store.known import FILE, known
from runtimes.kubelet.tests.bench import Bench, script
from runtimes.kubelet.tests.builders import pod

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.kubelet.status.view import PodView

UNREADY = v1.Probe(exec=v1.ExecAction(command=("false",)), period_seconds=1)


def _status(bench: Bench, of: v1.Pod) -> v1.PodStatus:
    return status_from_outside(of, bench.runtime, bench.store, "192.0.2.7")


def test_others_see_what_probes_found_while_the_driver_drives(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    worker = bench.worker(pod(script("sleep 1000", readiness_probe=UNREADY)))
    seen: list[bool | None] = []

    def look(_view: PodView) -> bool:
        seen.append(_status(bench, worker.pod).container_statuses[0].ready)
        return True

    worker.run(until=look, timeout=30)

    assert seen == [False]
    assert _status(bench, worker.pod).container_statuses[0].ready is True


def test_others_see_why_a_restart_is_held_back(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    worker = bench.worker(pod(script("exit 3")))
    worker.sync()
    bench.clock.advance(1)
    worker.sync()
    bench.clock.advance(1)
    worker.sync()

    (status,) = _status(bench, worker.pod).container_statuses

    assert status.state.waiting is not None
    assert status.state.waiting.reason == "CrashLoopBackOff"
    assert status.last_state.terminated is not None


def test_what_a_dead_driver_knew_is_forgotten(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    worker = bench.worker(pod())
    uid = worker.pod.metadata.uid
    reasons = {"app": WaitReason("CrashLoopBackOff", "")}
    alive = known(reasons, ProbeResults(readiness={"x": ProbeResult.FAILURE}), ())

    bench.store.note(uid, alive)
    assert bench.store.known(uid) == alive

    bench.store.note(uid, replace(alive, driver=Process(os.getpid(), 1)))
    assert bench.store.known(uid) is None


def test_what_a_living_driver_knows_stays_when_another_process_works_on_the_pod(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path)
    worker = bench.worker(pod(script("sleep 1000")))
    uid = worker.pod.metadata.uid
    driver = identify(os.getppid())
    assert driver is not None
    theirs = replace(known({}, ProbeResults(), ()), driver=driver)
    (tmp_path / "kubelet/pods" / uid / FILE).write_bytes(msgspec.json.encode(theirs))

    worker.sync()
    assert bench.store.known(uid) == theirs

    worker.stop()
    assert bench.store.known(uid) == theirs


def test_the_group_may_read_what_is_known_and_nobody_else(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    worker = bench.worker(pod(script("sleep 1000")))
    before = os.umask(0)
    try:
        worker.sync()
    finally:
        os.umask(before)

    (path,) = (tmp_path / "kubelet/pods").glob(f"*/{FILE}")
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_removed_pod_leaves_nothing_of_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    worker = bench.worker(pod(script("sleep 1000")))
    worker.sync()
    assert bench.store.known(worker.pod.metadata.uid) is not None

    worker.remove()

    assert list((tmp_path / "kubelet/pods").iterdir()) == []


def test_the_previous_attempt_is_the_newest_while_its_restart_is_held_back(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    worker = bench.worker(pod(script("exit 3")))
    for _ in range(4):
        worker.sync()
        bench.clock.advance(1)

    held_back = _status(bench, worker.pod)
    assert previous_attempt(held_back, "app") == bench.latest(worker.pod).id

    bench.clock.advance(20)
    worker.sync()
    assert previous_attempt(_status(bench, worker.pod), "app") != bench.latest(worker.pod).id
    assert previous_attempt(_status(bench, worker.pod), "other") == ""
