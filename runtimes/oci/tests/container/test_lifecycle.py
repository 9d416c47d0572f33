"""Create, start, stop, remove: on every pair of runtime and monitor."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from runtimes.core import deadline, errors
from runtimes.core.cgroup import tree
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.container.observe import observe

if TYPE_CHECKING:
    from runtimes.oci.tests.pods import Pods

STUBBORN = ("sh", "-c", "trap '' TERM; echo up; while :; do sleep 1; done")

pytestmark = [pytest.mark.needs_root, pytest.mark.needs_oci]


def test_a_container_runs_and_its_exit_code_and_output_are_kept(every_pods: Pods) -> None:
    pod = every_pods.run()
    before = time.time_ns()

    container = every_pods.start(pod, ["sh", "-c", "echo out; echo err >&2; exit 7"])
    status = every_pods.wait(container)

    assert (status.exit_code, status.reason) == (7, "Error")
    assert before <= status.created_at <= status.started_at <= status.finished_at
    assert every_pods.output(pod) == "out\n"
    assert every_pods.output(pod, stream="stderr") == "err\n"


def test_an_exit_with_zero_is_completed(every_pods: Pods) -> None:
    container = every_pods.start(every_pods.run(), ["true"])

    status = every_pods.wait(container)

    assert (status.exit_code, status.reason) == (0, "Completed")


def test_nothing_runs_before_start(every_pods: Pods) -> None:
    pod = every_pods.run()

    container = every_pods.create(pod, ["sh", "-c", "echo ran"])

    status = every_pods.status(container)
    assert status.state == cri.CONTAINER_CREATED
    assert (status.started_at, status.finished_at) == (0, 0)
    record = every_pods.engine.containers.load(container)
    assert (record.process, record.monitor) == (None, None)
    assert not tree.exists(every_pods.engine.cgroups, record.cgroup_path)


def test_a_program_that_does_not_exist_fails_the_start(every_pods: Pods) -> None:
    container = every_pods.create(every_pods.run(), ["/no/such/program"])

    with pytest.raises(errors.InvalidArgument, match="/no/such/program"):
        every_pods.service.start_container(container)

    status = every_pods.status(container)
    assert status.state == cri.CONTAINER_EXITED
    assert (status.exit_code, status.reason) == (128, "StartError")
    assert "/no/such/program" in status.message
    assert status.started_at == 0


def test_stop_sends_the_stop_signal_first(every_pods: Pods) -> None:
    pod = every_pods.run()
    script = "trap 'echo bye; exit 3' TERM; echo up; while :; do sleep 0.05; done"
    container = every_pods.start(pod, ["sh", "-c", script])
    _until_output(every_pods, pod, "up\n")

    every_pods.service.stop_container(container, 10)

    assert every_pods.status(container).exit_code == 3
    assert every_pods.output(pod) == "up\nbye\n"


def test_stop_kills_after_the_grace_period(every_pods: Pods) -> None:
    pod = every_pods.run()
    container = every_pods.start(
        pod, ["sh", "-c", "trap '' TERM; echo up; while :; do sleep 1; done"]
    )
    _until_output(every_pods, pod, "up\n")
    before = time.monotonic()

    every_pods.service.stop_container(container, 1)

    assert 1.0 <= time.monotonic() - before < 5.0
    assert every_pods.status(container).exit_code == 137


def test_a_container_with_a_terminal_has_one(every_pods: Pods) -> None:
    pod = every_pods.run()

    container = every_pods.start(
        pod, ["sh", "-c", "test -t 0 && test -t 1 && echo a terminal"], tty=True
    )

    assert every_pods.wait(container).exit_code == 0
    assert "a terminal" in every_pods.output(pod)


def test_a_container_without_stdin_reads_an_end_of_file(every_pods: Pods) -> None:
    container = every_pods.start(every_pods.run(), ["cat"])

    assert every_pods.wait(container).exit_code == 0


def test_a_container_with_stdin_waits_for_input(every_pods: Pods) -> None:
    container = every_pods.start(every_pods.run(), ["sh", "-c", "cat; exit 1"], stdin=True)

    assert every_pods.sh(container, "echo alive") == "alive\n"
    assert every_pods.status(container).state == cri.CONTAINER_RUNNING


def test_lines_longer_than_a_buffer_are_kept_whole(every_pods: Pods) -> None:
    pod = every_pods.run()

    container = every_pods.start(
        pod, ["sh", "-c", "head -c 100000 /dev/zero | tr '\\0' x; echo; echo end"]
    )

    every_pods.wait(container)
    assert every_pods.output(pod) == "x" * 100000 + "\nend\n"


def test_stop_and_remove_of_something_absent_succeed(pods: Pods) -> None:
    pods.service.stop_container("0" * 64, 1)
    pods.service.remove_container("0" * 64)
    pods.service.stop_pod_sandbox("0" * 64)
    pods.service.remove_pod_sandbox("0" * 64)


def test_stop_and_remove_are_idempotent(pods: Pods) -> None:
    container = pods.start(pods.run())

    for _ in range(2):
        pods.service.stop_container(container, 0)
    first = pods.status(container)
    pods.service.stop_container(container, 0)

    assert pods.status(container) == first
    for _ in range(2):
        pods.service.remove_container(container)
    with pytest.raises(errors.NotFound, match=container):
        pods.status(container)


def test_remove_kills_what_runs_and_keeps_the_log(pods: Pods) -> None:
    pod = pods.run()
    container = pods.start(pod, ["sh", "-c", "echo here; sleep 1000"])
    _until_output(pods, pod, "here\n")

    pods.service.remove_container(container)

    assert pods.service.list_containers() == []
    assert pods.output(pod) == "here\n"


def test_start_of_a_running_or_exited_container_is_refused(pods: Pods) -> None:
    container = pods.start(pods.run())

    with pytest.raises(errors.FailedPrecondition, match="not created"):
        pods.service.start_container(container)

    pods.service.stop_container(container, 0)
    with pytest.raises(errors.FailedPrecondition, match="not created"):
        pods.service.start_container(container)


def test_a_name_and_attempt_can_be_used_once(pods: Pods) -> None:
    pod = pods.run()
    container = pods.create(pod)

    with pytest.raises(errors.AlreadyExists, match=container):
        pods.create(pod)

    pods.service.remove_container(container)
    pods.create(pod)


def test_an_image_that_is_not_here_is_named(pods: Pods) -> None:
    pod = pods.run()
    config = cri.ContainerConfig(
        metadata=cri.ContainerMetadata(name="main"), image=cri.ImageSpec(image="nowhere/none:9")
    )

    with pytest.raises(errors.ImageNotFound, match="none:9"):
        pods.service.create_container(pod.id, config, pod.config)

    assert pods.service.list_containers() == []


def test_an_unknown_sandbox_is_named(pods: Pods) -> None:
    config = cri.ContainerConfig(metadata=cri.ContainerMetadata(name="x"))

    with pytest.raises(errors.NotFound, match="sandbox 'abcdef'"):
        pods.service.create_container("abcdef", config, pods.config())


def test_a_failed_creation_leaves_nothing(pods: Pods) -> None:
    pod = pods.run()

    with pytest.raises(errors.InvalidArgument):
        pods.create(pod, linux=_as_user("nobody-knows-me"))

    assert pods.service.list_containers() == []
    assert pods.engine.containers.ids() == []
    pods.create(pod)


def _as_user(name: str) -> cri.LinuxContainerConfig:
    return cri.LinuxContainerConfig(
        security_context=cri.LinuxContainerSecurityContext(run_as_username=name)
    )


def test_containers_outlive_the_service_that_started_them(every_pods: Pods) -> None:
    pod = every_pods.run()
    container = every_pods.start(pod, ["sh", "-c", "echo up; sleep 0.3; echo later; exit 9"])
    every_pods.service.close()

    again = type(every_pods.service)(every_pods.engine.options)

    assert again.container_status(container).status.state == cri.CONTAINER_RUNNING
    assert every_pods.wait(container).exit_code == 9
    assert every_pods.output(pod) == "up\nlater\n"


def test_lists_filter_by_id_prefix_state_sandbox_and_labels(pods: Pods) -> None:
    one, other = pods.run(), pods.run()
    running = pods.start(one, labels={"app": "web"})
    created = pods.create(other, labels={"app": "db"})

    def listed(**filter: object) -> list[str]:
        found = pods.service.list_containers(cri.ContainerFilter(**filter))  # type: ignore[arg-type]  # fields by name
        return [item.id for item in found]

    assert listed() == [created, running]
    assert listed(id=running[:12]) == [running]
    assert listed(pod_sandbox_id=other.id[:12]) == [created]
    assert listed(label_selector={"app": "web"}) == [running]
    assert listed(state={"state": cri.CONTAINER_CREATED}) == [created]
    assert listed(id="ffff" * 16) == []
    assert list(pods.service.stream_containers()) == pods.service.list_containers()


def test_an_ambiguous_prefix_is_refused(pods: Pods) -> None:
    pod = pods.run()
    first = [pods.create(pod, name=f"c{number}")[0] for number in range(17)]
    prefix = next(digit for digit in first if first.count(digit) > 1)

    with pytest.raises(errors.InvalidArgument, match="give more of the id"):
        pods.service.container_status(prefix)


def test_a_deadline_shorter_than_the_grace_period_is_told(pods: Pods) -> None:
    pod = pods.run()
    container = pods.start(pod, STUBBORN)
    _until_output(pods, pod, "up\n")

    with deadline.within(0.2), pytest.raises(errors.DeadlineExceeded, match="grace period"):
        pods.service.stop_container(container, 30)

    assert pods.status(container).state == cri.CONTAINER_RUNNING


def test_a_second_stop_cuts_the_first_ones_grace_short(pods: Pods) -> None:
    from concurrent.futures import ThreadPoolExecutor

    pod = pods.run()
    container = pods.start(pod, STUBBORN)
    _until_output(pods, pod, "up\n")
    before = time.monotonic()

    with ThreadPoolExecutor() as threads:
        patient = threads.submit(pods.service.stop_container, container, 30)
        pods.service.stop_container(container, 0)
        patient.result(timeout=10)

    assert time.monotonic() - before < 10


def test_many_stops_at_once_send_the_stop_signal_once(pods: Pods) -> None:
    from concurrent.futures import ThreadPoolExecutor

    pod = pods.run()
    script = "trap 'echo told' TERM; echo up; for i in $(seq 40); do sleep 0.05; done"
    container = pods.start(pod, ["sh", "-c", script])
    _until_output(pods, pod, "up\n")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(pods.service.stop_container, [container] * 4, [20] * 4))

    assert pods.output(pod) == "up\ntold\n"
    assert pods.status(container).exit_code == 0


def test_a_program_that_has_no_handler_yet_is_told_to_stop_when_it_has(pods: Pods) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from runtimes.oci.tests.pods import wait_for

    pod = pods.run()
    ready = "until [ -f /ready ]; do sleep 0.02; done; trap 'echo told; exit 5' TERM"
    container = pods.start(pod, ["sh", "-c", f"{ready}; while :; do sleep 0.02; done"])
    signalled = pods.engine.paths.container(container) / "stop-signalled"

    with ThreadPoolExecutor() as threads:
        stop = threads.submit(pods.service.stop_container, container, 50)
        wait_for(signalled.exists)
        pods.sh(container, "touch /ready")
        stop.result(timeout=40)

    assert pods.status(container).exit_code == 5
    assert pods.output(pod) == "told\n"


def test_many_threads_may_work_at_once(pods: Pods) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def cycle(_: int) -> int:
        pod = pods.run()
        container = pods.start(pod, ["sh", "-c", "exit 4"])
        code = pods.wait(container).exit_code
        pods.service.stop_pod_sandbox(pod.id)
        pods.service.remove_pod_sandbox(pod.id)
        return code

    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(cycle, range(18))) == [4] * 18


def test_processes_that_outlive_init_are_killed_with_the_container(pods: Pods) -> None:
    options = cri.NamespaceOption(pid=cri.NODE)
    context = cri.LinuxContainerSecurityContext(namespace_options=options)
    pod = pods.run(pods.config(security_context={"namespace_options": options}))
    script = "setsid sh -c 'sleep 999' & echo $!; trap 'exit 0' TERM; wait"
    container = pods.start(
        pod, ["sh", "-c", script], linux=cri.LinuxContainerConfig(security_context=context)
    )
    _until_output(pods, pod, "\n")

    pods.service.stop_container(container, 5)

    record = pods.engine.containers.load(container)
    assert not tree.processes(pods.engine.cgroups, record.cgroup_path)


def _until_output(pods: Pods, pod: object, text: str) -> None:
    from runtimes.oci.tests.pods import Pod, wait_for

    assert isinstance(pod, Pod)
    wait_for(lambda: text in pods.output(pod))


def test_who_looks_at_a_container_while_it_is_removed_leaves_no_exit_behind(pods: Pods) -> None:
    container = pods.start(pods.run())
    record = pods.engine.containers.load(container)  # what a list in another process has read
    pods.service.remove_container(container)

    seen = observe(pods.engine, record)

    assert (seen.exit_code, seen.reason) == (255, "Unknown")
    assert not pods.engine.paths.exit_file(container).exists()
