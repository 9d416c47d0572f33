"""The client against the fake backend, whose containers really run their commands."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from runtimes.client import RunOptions, Runtime, StartFailed
from runtimes.core import errors
from runtimes.core.pod import v1
from runtimes.kubelet.agent.stamp import stamp
from runtimes.kubelet.manifest import InvalidManifest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_MANIFEST = """
apiVersion: v1
kind: Pod
metadata: {name: two}
spec:
  restartPolicy: Never
  terminationGracePeriodSeconds: 1
  initContainers:
  - {name: before, image: "busybox:1", command: [sh, -c, "echo init"]}
  containers:
  - {name: quick, image: "busybox:1", command: [sh, -c, "echo one; echo two >&2"]}
  - {name: slow, image: "busybox:1", command: [sh, -c, "echo three; sleep 0.3; exit 4"]}
"""


def _eventually(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end, "it didn't come true"
        time.sleep(0.01)


def test_an_image_runs_and_tells_its_exit_code_and_output(runtime: Runtime) -> None:
    pod = runtime.run("busybox", ["sh", "-c", "echo out; echo err >&2; exit 3"])

    assert pod.wait(timeout=10) == 3
    lines = list(pod.logs())
    assert {(line.stream, line.text) for line in lines} == {
        ("stdout", b"out\n"), ("stderr", b"err\n"),
    }  # fmt: skip
    assert pod.phase == "Failed"
    assert pod.summary.status == "Error"


def test_a_manifest_runs_with_init_containers_first(runtime: Runtime) -> None:
    pod = runtime.apply(_MANIFEST)

    assert pod.wait(timeout=10) == 4

    assert [one.name for one in pod.containers] == ["before", "quick", "slow"]
    assert [one.exit_code for one in pod.containers] == [0, 0, 4]
    assert next(pod.logs()).text == b"init\n"
    assert b"".join(line.text for line in pod.logs("quick")) == b"one\ntwo\n"


def test_a_manifest_may_be_a_file_or_a_struct(runtime: Runtime, tmp_path: Path) -> None:
    path = tmp_path / "pod.yaml"
    path.write_text(_MANIFEST)
    (struct,) = runtime.load(path)

    assert runtime.apply(str(path)).name == "two"
    assert runtime.apply(struct).uid == runtime.apply(path).uid


def test_a_broken_manifest_starts_nothing_and_tells_every_mistake(runtime: Runtime) -> None:
    broken = _MANIFEST.replace("restartPolicy: Never", "restartPolicy: Sometimes") + "  x: 1\n"

    with pytest.raises(InvalidManifest) as caught:
        runtime.apply(broken)

    assert [mistake.line for mistake in caught.value.mistakes] == [6, 13]
    assert runtime.pods() == []


def test_several_pods_need_apply_all(runtime: Runtime) -> None:
    both = _MANIFEST + "---" + _MANIFEST.replace("name: two", "name: other")

    with pytest.raises(errors.InvalidArgument, match="apply_all"):
        runtime.apply(both)

    assert [pod.name for pod in runtime.apply_all(both)] == ["two", "other"]


def test_a_missing_program_fails_the_start(runtime: Runtime) -> None:
    with pytest.raises(StartFailed) as caught:
        runtime.run("busybox", ["nope"], RunOptions(name="lost"))

    assert caught.value.reason == "RunContainerError"
    assert caught.value.container == "busybox"
    assert "nope" in caught.value.detail


def test_a_missing_image_fails_the_start(runtime: Runtime) -> None:
    with pytest.raises(StartFailed, match="ErrImagePull"):
        runtime.run("nobody-has-this")


def test_a_pod_is_found_by_name_uid_and_namespace(runtime: Runtime) -> None:
    options = RunOptions(name="here", namespace="mine")
    pod = runtime.run("busybox", ["true"], options)

    for name, namespace in (("here", None), ("mine/here", None), ("here", "mine"), (pod.uid, None)):
        assert runtime.pod(name, namespace).uid == pod.uid
    with pytest.raises(errors.NotFound, match="namespace 'other'"):
        runtime.pod("here", "other")


def test_one_name_in_two_namespaces_must_be_told_apart(runtime: Runtime) -> None:
    for namespace in ("a", "b"):
        runtime.run("busybox", ["true"], RunOptions(name="x", namespace=namespace))

    with pytest.raises(errors.InvalidArgument, match="a, b"):
        runtime.pod("x")
    in_default = runtime.run("busybox", ["true"], RunOptions(name="x"))
    assert runtime.pod("x").uid == in_default.uid


def test_a_command_runs_in_a_container(runtime: Runtime) -> None:
    pod = runtime.run("busybox", ["sleep", "60"])

    result = pod.exec(["sh", "-c", "echo in; echo bad >&2; exit 5"])

    assert (result.exit_code, result.stdout, result.stderr) == (5, b"in\n", b"bad\n")
    with pytest.raises(errors.NotFound, match="there are busybox"):
        pod.exec(["true"], "other")
    pod.remove(force=True)


def test_a_stopped_pod_is_there_until_it_is_removed(runtime: Runtime) -> None:
    pod = runtime.run("busybox", ["sleep", "60"])
    assert pod.running
    with pytest.raises(errors.FailedPrecondition, match="running"):
        pod.remove()

    pod.stop(0)
    pod.stop()

    assert not pod.running
    assert pod.containers[0].exit_code == 137
    assert [one.name for one in runtime.pods()] == [pod.name]
    pod.remove()
    pod.remove()
    assert runtime.pods() == []
    assert runtime.containers(include_exited=True) == []


def test_a_name_that_runs_is_not_taken_and_one_that_ended_is(runtime: Runtime) -> None:
    (manifest,) = runtime.load(_MANIFEST.replace("echo three; sleep 0.3; exit 4", "sleep 60"))
    first = runtime.create(manifest, anew=True).start(timeout=10)
    with pytest.raises(errors.AlreadyExists, match="two"):
        runtime.create(manifest, anew=True)

    first.stop(0)
    second = runtime.create(manifest, anew=True)

    assert second.uid != first.uid
    second.remove()


def test_a_pod_that_is_about_to_start_is_not_taken_for_one_that_has_ended(runtime: Runtime) -> None:
    (manifest,) = runtime.load(_MANIFEST)
    first = runtime.create(manifest, anew=True)

    with pytest.raises(errors.AlreadyExists, match="driven by another"):
        runtime.create(manifest, anew=True)

    assert runtime.create(manifest).uid == first.uid
    assert first.wait(timeout=10) == 4
    assert runtime.create(manifest, anew=True).uid != first.uid


def test_what_an_agent_keeps_is_changed_in_its_manifest_alone(runtime: Runtime) -> None:
    (wanted,) = runtime.load(_MANIFEST)
    kept = runtime.store.apply(stamp(wanted, "two.yaml", "/etc/pods"))
    claim = runtime.store.claim("default", "two")
    assert claim is not None

    with pytest.raises(errors.FailedPrecondition, match=r"keeps it; change /etc/pods/two.yaml"):
        runtime.apply(_MANIFEST)
    assert runtime.store.get("default", "two") == kept.pod
    claim.release()

    assert runtime.create(wanted).uid == kept.pod.metadata.uid


def test_applying_again_changes_what_differs_only(runtime: Runtime) -> None:
    text = _MANIFEST.replace("echo three; sleep 0.3; exit 4", "sleep 60")
    first = runtime.apply(text)
    slow = first.container("slow").id
    assert runtime.apply(text).container("slow").id == slow

    changed = runtime.apply(
        text.replace('name: slow, image: "busybox:1"', "name: slow, image: busybox")
    )

    assert changed.uid == first.uid
    assert changed.container("slow").id != slow
    changed.remove(force=True)


def test_following_ends_with_the_containers(runtime: Runtime) -> None:
    pod = runtime.run("busybox", ["sh", "-c", "for i in 1 2 3; do echo $i; sleep 0.1; done"])
    driver = threading.Thread(target=pod.wait)
    driver.start()

    lines = [line.text for line in pod.logs(follow=True)]

    driver.join(10)
    assert lines == [b"1\n", b"2\n", b"3\n"]


def test_tail_and_since_choose_lines(runtime: Runtime) -> None:
    pod = runtime.run("busybox", ["sh", "-c", "echo a; echo b; echo c"])
    pod.wait(timeout=10)
    *_, last = pod.logs()

    assert [line.text for line in pod.logs(tail=2)] == [b"b\n", b"c\n"]
    assert list(pod.logs(since_ns=last.timestamp_ns + 1)) == []


def test_a_restarted_container_has_a_previous_log(runtime: Runtime) -> None:
    options = RunOptions(restart="OnFailure", name="again")
    pod = runtime.run("busybox", ["sh", "-c", "echo try; exit 1"], options)
    with pytest.raises(errors.NotFound, match="no previous attempt"):
        pod.previous_logs()
    pod.drive(lambda view: (view.status.container_statuses[0].restart_count or 0) >= 1, timeout=20)

    assert [line.text for line in pod.previous_logs()] == [b"try\n"]
    pod.remove(force=True)


def test_waiting_has_an_end_and_can_be_interrupted(runtime: Runtime) -> None:
    pod = runtime.run("busybox", ["sleep", "60"])
    with pytest.raises(errors.DeadlineExceeded):
        pod.wait(timeout=0.1)

    seen: list[BaseException] = []

    def wait() -> None:
        try:
            pod.wait()
        except errors.Canceled as error:
            seen.append(error)

    waiter = threading.Thread(target=wait)
    waiter.start()
    _eventually(lambda: pod.running and waiter.is_alive())
    pod.interrupt()
    waiter.join(10)

    assert len(seen) == 1
    assert pod.running
    pod.remove(force=True)


def test_a_pod_of_someone_else_is_listed_stopped_and_removed_but_not_started(
    runtime: Runtime,
) -> None:
    mine = runtime.run("busybox", ["sleep", "60"], RunOptions(name="theirs"))
    runtime.store.remove(mine.uid)

    (pod,) = runtime.pods()

    assert (pod.name, pod.managed, pod.running) == ("theirs", False, True)
    assert pod.manifest.spec.containers[0].name == "busybox"
    assert pod.summary.status == "Running"
    with pytest.raises(errors.FailedPrecondition, match="wasn't applied here"):
        pod.wait()
    pod.stop(0)
    pod.remove()
    assert runtime.pods() == []


def test_containers_are_listed_with_their_pods(runtime: Runtime) -> None:
    pod = runtime.run("busybox", ["sleep", "60"], RunOptions(name="one"))
    runtime.run("busybox", ["true"], RunOptions(name="over")).wait(timeout=10)

    running = runtime.containers()

    assert [(one.name, one.pod.name) for one in running] == [("busybox", "one")]
    assert {one.pod.name for one in runtime.containers(include_exited=True)} == {"one", "over"}
    assert running[0].exec(["true"]).exit_code == 0
    pod.remove(force=True)


def test_images_are_pulled_listed_and_removed(runtime: Runtime) -> None:
    assert runtime.image_ref("busybox") is not None
    assert [image.tags for image in runtime.images()] == [("docker.io/library/busybox:latest",)]

    runtime.remove_image("busybox")
    runtime.remove_image("busybox")

    assert runtime.images() == []
    assert runtime.image_ref("busybox") is None


def test_the_runtime_tells_of_itself(runtime: Runtime) -> None:
    pod = runtime.run("busybox", ["sleep", "60"])

    assert runtime.name == "fake"
    assert runtime.version().api_version == "v1"
    assert all(condition.status for condition in runtime.status())
    assert [usage.pod_name for usage in runtime.stats()] == [pod.name]
    pod.remove(force=True)


def test_status_is_kubernetes_own(runtime: Runtime) -> None:
    pod = runtime.run("busybox", ["sleep", "60"], RunOptions(name="looked-at"))

    status = pod.look().status

    assert isinstance(status, v1.PodStatus)
    assert status.phase == "Running"
    assert {condition.type for condition in status.conditions} >= {"Ready", "Initialized"}
    assert status.container_statuses[0].state.running is not None
    pod.remove(force=True)
