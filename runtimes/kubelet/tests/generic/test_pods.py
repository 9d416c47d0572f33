"""GenericRuntime lists, describes, stops and removes pods."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.pod import v1
from runtimes.core.pod.status import ContainerState
from runtimes.core.pod.sync import Action, Reason
from runtimes.kubelet.generic.remove import remove_cgroups
from runtimes.kubelet.tests.bench import Bench, script
from runtimes.kubelet.tests.builders import pod

FOREVER = script("sleep 1000")
DEAF = script("trap '' TERM; sleep 1000")


def named(name: str, *containers: v1.Container, policy: str = "Always") -> v1.Pod:
    asked = pod(*containers, policy=policy)
    return replace(asked, metadata=v1.ObjectMeta(name=name, namespace="default", uid=f"u-{name}"))


def stops(bench: Bench) -> dict[str, int]:
    """The timeout with which each container was stopped."""
    calls = [call.arguments for call in bench.service.calls if call.rpc == "StopContainer"]
    return {str(one[0]): int(str(one[1])) for one in calls}


def test_pods_are_listed_newest_first_with_what_is_left_of_them(bench: Bench) -> None:
    first, second = named("first", FOREVER), named("second", script("exit 1"), policy="Never")
    bench.sync(first)
    bench.clock.advance(1.0)
    bench.sync(second)
    bench.sync(second)

    running = bench.runtime.get_pods()
    everything = bench.runtime.get_pods(include_exited=True)

    assert [one.name for one in running] == ["first"]
    assert [one.name for one in everything] == ["second", "first"]
    assert everything[0].uid == "u-second"
    assert [one.state for one in everything[0].containers] == [ContainerState.EXITED]
    assert running[0].labels["io.kubernetes.pod.name"] == "first"


def test_what_someone_else_runs_without_pod_labels_is_not_listed(bench: Bench) -> None:
    bench.service.pull_image(cri.ImageSpec(image="busybox"))
    meta = cri.PodSandboxMetadata(name="x", namespace="y", uid="z")
    alien = bench.service.run_pod_sandbox(cri.PodSandboxConfig(metadata=meta))
    config = cri.ContainerConfig(
        metadata=cri.ContainerMetadata(name="c"), image=cri.ImageSpec(image="busybox")
    )
    bench.service.create_container(alien, config, cri.PodSandboxConfig())

    (only,) = bench.runtime.get_pods(include_exited=True)

    assert (only.uid, only.name, only.namespace, only.containers) == ("z", "x", "y", ())


def test_a_status_has_all_attempts_newest_first(bench: Bench) -> None:
    asked = pod(script("sleep 1; exit 2"))
    for _ in range(3):
        bench.sync(asked)
        bench.clock.advance(400.0)

    status = bench.status(asked)

    assert [one.restart_count for one in status.containers] == [2, 1, 0]
    assert [one.exit_code for one in status.containers] == [2, 2, 2]
    assert status.containers[0].log_path.endswith("/app/2.log")
    assert status.containers[0].image == "busybox"


@pytest.mark.parametrize("rpc", ["PodSandboxStatus", "ContainerStatus"])
def test_what_vanishes_between_list_and_status_is_left_out(bench: Bench, rpc: str) -> None:
    asked = pod(FOREVER)
    bench.sync(asked)
    bench.service.fail_next(rpc, errors.NotFound("it has just gone"))

    status = bench.status(asked)

    assert len(status.sandboxes) == (0 if rpc == "PodSandboxStatus" else 1)
    assert len(status.containers) == (0 if rpc == "ContainerStatus" else 1)


def test_an_engine_that_is_down_is_no_empty_pod(bench: Bench) -> None:
    bench.service.fail_next("ListContainers", errors.Unavailable("down"))

    with pytest.raises(errors.Unavailable):
        bench.status(pod())


def test_an_ended_container_is_asked_for_once(bench: Bench) -> None:
    asked = pod(script("exit 1"), FOREVER_TOO, policy="Never")
    bench.sync(asked)
    bench.status(asked)
    bench.service.calls.clear()

    bench.status(asked)

    assert bench.rpcs.count("ContainerStatus") == 1


FOREVER_TOO = script("sleep 1000", "too")


def test_a_pods_containers_are_stopped_with_its_grace_then_its_sandbox(bench: Bench) -> None:
    asked = pod(FOREVER, FOREVER_TOO, termination_grace_period_seconds=7)
    bench.sync(asked)

    result = bench.runtime.kill_pod(asked, bench.running(asked))

    assert set(stops(bench).values()) == {7}
    assert [one.action for one in result.results] == [
        Action.KILL_CONTAINER,
        Action.KILL_CONTAINER,
        Action.KILL_POD_SANDBOX,
    ]
    assert result.ok
    assert bench.rpcs.index("StopPodSandbox") > max(
        index for index, rpc in enumerate(bench.rpcs) if rpc == "StopContainer"
    )
    assert bench.runtime.get_pods() == []


def test_containers_are_stopped_at_once_not_one_after_the_other(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = pod(FOREVER, FOREVER_TOO)
    bench.sync(asked)
    together = threading.Barrier(2, timeout=10.0)

    def stop(container_id: str, timeout: int) -> None:
        together.wait()

    monkeypatch.setattr(bench.service, "stop_container", stop)

    assert bench.runtime.kill_pod(asked, bench.running(asked)).ok


def test_an_orphan_is_stopped_with_the_grace_that_its_containers_kept(bench: Bench) -> None:
    asked = pod(FOREVER, termination_grace_period_seconds=9)
    bench.sync(asked)

    bench.runtime.kill_pod(None, bench.running(asked))

    assert set(stops(bench).values()) == {9}


def test_a_deaf_container_is_killed_when_the_override_has_passed(bench: Bench) -> None:
    asked = pod(DEAF)
    bench.sync(asked)
    before = bench.clock.now_ns()

    bench.runtime.kill_pod(asked, bench.running(asked), grace_period=3)

    assert (bench.clock.now_ns() - before) / 1e9 == pytest.approx(3.0, abs=0.5)
    assert bench.latest(asked).exit_code == 137


def test_a_stop_that_fails_is_told_and_keeps_nothing_else(bench: Bench) -> None:
    asked = pod(FOREVER, FOREVER_TOO)
    bench.sync(asked)
    bench.service.fail_next("StopContainer", errors.Unavailable("no"))

    result = bench.runtime.kill_pod(asked, bench.running(asked))

    assert [one.reason for one in result.failures] == [Reason.KILL_CONTAINER_ERROR]
    assert bench.runtime.get_pods() == []


def test_removing_leaves_nothing_and_is_idempotent(bench: Bench) -> None:
    asked = pod(FOREVER, volumes=(v1.Volume(name="v"),))
    bench.sync(asked)
    running = bench.running(asked)

    bench.runtime.remove_pod(running)
    bench.runtime.remove_pod(running)

    assert bench.runtime.get_pods(include_exited=True) == []
    assert bench.status(asked).containers == ()
    assert list(bench.config.log_root.iterdir()) == []
    assert list((bench.config.root / "pods").iterdir()) == []


def test_a_deleted_container_takes_its_logs_with_it(bench: Bench) -> None:
    asked = pod(script("exit 1"), policy="Never")
    bench.sync(asked)
    log = bench.latest(asked).log_path
    rotated = f"{log}.20260101-000000.gz"
    Path(rotated).touch()

    for _ in range(2):
        bench.runtime.delete_container(bench.running_ids(asked)[0])

    assert bench.status(asked).containers == ()
    assert list((bench.config.log_root).rglob("*.log*")) == []


def test_empty_cgroups_of_a_removed_pod_go_and_others_stay(tmp_path: Path) -> None:
    mount = tmp_path
    gone = [
        "cpu/kube/burstable/poda-b",
        "cpu/kube/poda-b",
        "kube/besteffort/poda-b",
        "memory/kube.slice/kube-burstable.slice/kube-burstable-poda_b.slice",
    ]
    kept = ["cpu/kube/burstable/poda-c", "cpu/kubepods/burstable/poda-b"]
    for name in [*gone, *kept]:
        (mount / name).mkdir(parents=True)

    remove_cgroups("kube", "a-b", mount)

    assert [name for name in gone if (mount / name).exists()] == []
    assert all((mount / name).exists() for name in kept)


def test_waiting_ends_when_the_pod_changes(bench: Bench) -> None:
    asked = pod(script("sleep 5"), policy="Never")
    bench.sync(asked)
    bench.status(asked)
    turn = threading.Timer(0.05, bench.clock.advance, (6.0,))
    turn.start()

    changed = bench.runtime.wait_for_change(asked.metadata.uid, 20.0)

    turn.join()
    assert changed


def test_a_change_before_the_wait_is_not_lost(bench: Bench) -> None:
    asked = pod(script("sleep 5"), policy="Never")
    bench.sync(asked)
    bench.status(asked)
    bench.clock.advance(6.0)

    assert bench.runtime.wait_for_change(asked.metadata.uid, 20.0)


def test_another_threads_look_takes_no_news_away(bench: Bench) -> None:
    asked = named("web", FOREVER)
    bench.sync(asked)
    bench.status(asked)
    bench.service.stop_container(bench.latest(asked).id, 0)
    elsewhere = threading.Thread(target=bench.status, args=(asked,))
    elsewhere.start()
    elsewhere.join(20)

    assert bench.runtime.wait_for_change(asked.metadata.uid, 0.0)


def test_waiting_ends_with_the_time_when_nothing_changes(bench: Bench) -> None:
    asked = pod(FOREVER)
    bench.sync(asked)
    bench.status(asked)
    begun = time.monotonic()

    assert not bench.runtime.wait_for_change(asked.metadata.uid, 0.2)
    assert time.monotonic() - begun < 5.0


def test_a_backend_that_can_wait_is_asked_to(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = pod(script("sleep 5"), policy="Never")
    waits: list[tuple[str, float]] = []

    def wait(pod_uid: str, timeout: float) -> bool:
        waits.append((pod_uid, timeout))
        bench.clock.advance(6.0)
        return True

    monkeypatch.setattr(bench.service, "wait_for_change", wait, raising=False)
    bench.sync(asked)
    bench.status(asked)

    assert bench.runtime.wait_for_change(asked.metadata.uid, 20.0)
    assert [uid for uid, _ in waits] == [asked.metadata.uid]
    assert "GetContainerEvents" not in bench.rpcs


def test_without_events_looking_again_is_enough(bench: Bench) -> None:
    bench.service.fail_next("GetContainerEvents", errors.Unimplemented("no events"))
    asked = pod(script("sleep 5"), policy="Never")
    bench.sync(asked)
    bench.status(asked)
    turn = threading.Timer(0.05, bench.clock.advance, (6.0,))
    turn.start()

    assert bench.runtime.wait_for_change(asked.metadata.uid, 20.0)
    turn.join()


def test_events_name_the_pods_that_changed(bench: Bench) -> None:
    events = bench.runtime.events()
    seen: list[str] = []
    reader = threading.Thread(target=lambda: seen.append(next(events)), daemon=True)
    reader.start()
    end = time.monotonic() + 10.0
    while "GetContainerEvents" not in bench.rpcs and time.monotonic() < end:
        time.sleep(0.01)

    bench.sync(pod(FOREVER))

    reader.join(10.0)
    assert seen == [pod().metadata.uid]
