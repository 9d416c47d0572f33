"""Whole statuses: conditions, addresses, times, deadlines, and what stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from runtimes.core.pod import v1
from runtimes.kubelet.status.deadline import deadline_left
from runtimes.kubelet.status.pod import StatusInputs, pod_status
from runtimes.kubelet.status.termination_message import LastWords, termination_message
from runtimes.kubelet.tests.builders import (
    EXITED,
    RUNNING,
    attempt,
    container,
    observed,
    pod,
    sandbox,
    with_meta,
)

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.core.pod.status import PodStatus

A, B, INIT = container("a"), container("b"), container("i")
NOW = 1_800_000_000 * 10**9


def seen(
    asked: v1.Pod, what: PodStatus, previous: v1.PodStatus | None = None, now_ns: int = NOW
) -> v1.PodStatus:
    inputs = StatusInputs(
        observed=what, now_ns=now_ns, scheme="oci", host_ip="192.0.2.7", previous=previous
    )
    return pod_status(asked, inputs)


def conditions(status: v1.PodStatus) -> dict[str, tuple[str, str]]:
    return {one.type: (one.status, one.reason) for one in status.conditions}


def test_a_running_pod() -> None:
    status = seen(pod(B, A), observed(attempt(A, RUNNING), attempt(B, RUNNING)))

    assert (status.phase, status.pod_ip, status.host_ip) == ("Running", "10.0.0.2", "192.0.2.7")
    assert [one.ip for one in status.pod_ips] == ["10.0.0.2"]
    assert [one.name for one in status.container_statuses] == ["a", "b"]
    assert status.qos_class == "BestEffort"
    assert conditions(status) == {
        "PodReadyToStartContainers": ("True", ""),
        "Initialized": ("True", ""),
        "Ready": ("True", ""),
        "ContainersReady": ("True", ""),
        "PodScheduled": ("True", ""),
    }


def test_an_initializing_pod() -> None:
    status = seen(pod(A, init=(INIT,)), observed(attempt(INIT, RUNNING)))

    assert status.phase == "Pending"
    by_type = {one.type: one for one in status.conditions}
    assert by_type["Initialized"].message == "containers with incomplete status: [i]"
    assert by_type["ContainersReady"].message == "containers with unready status: [a]"
    assert by_type["Ready"].reason == "ContainersNotReady"


def test_a_pod_without_a_sandbox_cannot_start_containers() -> None:
    status = seen(pod(A), observed(sandboxes=()))

    assert conditions(status)["PodReadyToStartContainers"] == ("False", "")


def test_a_pod_that_ran_stays_initialized_whatever_its_sidecars_do() -> None:
    sidecar = container("s", restart_policy="Always")
    ended = observed(attempt(sidecar, EXITED), attempt(A, EXITED, 0, 1))

    status = seen(pod(A, init=(sidecar,), policy="Never"), ended)

    assert conditions(status)["Initialized"] == ("True", "")


@pytest.mark.parametrize(
    ("code", "phase", "reason"), [(0, "Succeeded", "PodCompleted"), (1, "Failed", "PodFailed")]
)
def test_a_finished_pod(code: int, phase: str, reason: str) -> None:
    status = seen(pod(A, policy="Never"), observed(attempt(A, EXITED, 0, code)))

    assert status.phase == phase
    assert conditions(status)["Ready"] == ("False", reason)
    assert conditions(status)["ContainersReady"] == ("False", reason)


def test_a_closed_readiness_gate_keeps_a_pod_unready() -> None:
    asked = pod(A, readiness_gates=(v1.PodReadinessGate(condition_type="example.org/up"),))

    status = seen(asked, observed(attempt(A, RUNNING)))

    assert conditions(status)["Ready"] == ("False", "ReadinessGatesNotReady")
    assert conditions(status)["ContainersReady"] == ("True", "")


def test_conditions_that_nobody_watched_are_as_old_as_the_last_change() -> None:
    first = seen(pod(A), observed(attempt(A, RUNNING)))
    second = seen(pod(A), observed(attempt(A, RUNNING)), now_ns=NOW + 10**9)

    assert first.conditions == second.conditions
    assert first.conditions[0].last_transition_time == "1970-01-01T00:00:01Z"


def test_a_conditions_time_is_that_of_its_last_change() -> None:
    waiting = seen(pod(A), observed(), now_ns=10**9)
    running = seen(pod(A), observed(attempt(A, RUNNING)), waiting, now_ns=2 * 10**9)
    later = seen(pod(A), observed(attempt(A, RUNNING)), running, now_ns=3 * 10**9)

    times = [
        {one.type: one.last_transition_time for one in status.conditions}
        for status in (waiting, running, later)
    ]
    assert [one["Ready"] for one in times] == [
        "1970-01-01T00:00:01Z",
        "1970-01-01T00:00:02Z",
        "1970-01-01T00:00:02Z",
    ]
    assert {one["Initialized"] for one in times} == {"1970-01-01T00:00:01Z"}


def test_a_finished_pod_stays_finished() -> None:
    done = seen(pod(A, policy="Never"), observed(attempt(A, EXITED, 0, 1)))

    again = seen(pod(A, policy="Never"), observed(sandboxes=()), done)

    assert again.phase == "Failed"


def test_a_stopped_pod_keeps_its_addresses_and_a_new_sandbox_brings_new_ones() -> None:
    running = seen(pod(A), observed(attempt(A, RUNNING)))

    stopped = seen(pod(A), observed(attempt(A, EXITED), sandboxes=(sandbox(ready=False),)), running)
    again = seen(pod(A), observed(sandboxes=(sandbox(1, ips=("10.0.0.9",)),)), stopped)

    assert (stopped.pod_ip, again.pod_ip) == ("10.0.0.2", "10.0.0.9")


def test_a_pod_on_the_hosts_network_has_the_hosts_address() -> None:
    asked = pod(A, host_network=True)

    status = seen(asked, observed(sandboxes=(sandbox(ips=(), host_network=True),)))

    assert status.pod_ip == "192.0.2.7"


def test_a_deleted_pod_is_finished_once_nothing_runs() -> None:
    deleted = with_meta(pod(A), deletion_timestamp="2026-01-01T00:00:00Z")

    ending = seen(deleted, observed(attempt(A, RUNNING)))
    ended = seen(deleted, observed(attempt(A, EXITED, 0, 143)))

    assert (ending.phase, ended.phase) == ("Running", "Failed")


def test_a_pod_that_outlives_its_deadline_fails() -> None:
    asked = with_meta(pod(A, active_deadline_seconds=60), creation_timestamp="2027-01-15T08:00:00Z")
    assert NOW // 10**9 == 1_800_000_000  # 2027-01-15T08:00:00Z

    in_time = seen(asked, observed(attempt(A, RUNNING)), now_ns=NOW + 59 * 10**9)
    late = seen(asked, observed(attempt(A, RUNNING)), now_ns=NOW + 60 * 10**9)

    assert in_time.phase == "Running"
    assert (late.phase, late.reason) == ("Failed", "DeadlineExceeded")
    assert deadline_left(asked, NOW) == 60.0
    assert deadline_left(pod(A), NOW) is None


def test_a_pod_starts_when_it_was_applied_or_with_its_first_sandbox() -> None:
    applied = with_meta(pod(A), creation_timestamp="2026-01-01T00:00:00Z")

    assert seen(applied, observed()).start_time == "2026-01-01T00:00:00Z"
    assert seen(pod(A), observed(sandboxes=(sandbox(4), sandbox(2)))).start_time == (
        "1970-01-01T00:00:03Z"
    )


def test_messages_share_one_budget() -> None:
    names = [f"c{index}" for index in range(12)]
    asked = pod(*(container(name) for name in names), policy="Never")

    status = seen(asked, observed(*(attempt(n, EXITED, message="x" * 4096) for n in names)))

    lengths = [
        len(one.state.terminated.message)
        for one in status.container_statuses
        if one.state.terminated
    ]
    assert lengths == [1024] * 12


def words(tmp_path: Path, content: bytes | None, **fields: object) -> LastWords:
    file = tmp_path / "termination-log"
    if content is not None:
        file.write_bytes(content)
    given: dict[str, object] = {"log": None, "policy": "File", "exit_code": 1, **fields}
    return LastWords(file=file, **given)  # type: ignore[arg-type]  # its fields


def test_the_last_words_are_the_files_end(tmp_path: Path) -> None:
    assert termination_message(words(tmp_path, b"bye\n")) == "bye\n"
    assert termination_message(words(tmp_path, b"a" + b"b" * 4096)) == "b" * 4096
    assert termination_message(words(tmp_path, b"\xff")) == "�"


def test_a_file_that_cant_be_read_is_told(tmp_path: Path) -> None:
    assert "No such file" in termination_message(words(tmp_path, None))


def test_a_link_put_in_the_files_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "termination-log").symlink_to(tmp_path / "secret")

    assert "secret\n" not in termination_message(words(tmp_path, None))


def test_a_pipe_put_in_the_files_place_blocks_nobody(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "termination-log")

    termination_message(words(tmp_path, None))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (("FallbackToLogsOnError", 1, b""), "line 98\nline 99\n"),
        (("FallbackToLogsOnError", 1, b"own"), "own"),
        (("FallbackToLogsOnError", 0, b""), ""),
        (("File", 1, b""), ""),
    ],
)
def test_the_log_stands_in_only_for_a_failure_without_words(
    tmp_path: Path, given: tuple[str, int, bytes], expected: str
) -> None:
    policy, code, content = given
    log = tmp_path / "0.log"
    log.write_text(
        "".join(f"2026-01-01T00:00:{n % 60:02}Z stdout F line {n}\n" for n in range(100))
    )

    message = termination_message(words(tmp_path, content, log=log, policy=policy, exit_code=code))

    assert message.endswith(expected)
    assert message.count("line") == (80 if "line" in expected else 0)


def test_no_more_than_two_kilobytes_of_log_stand_in(tmp_path: Path) -> None:
    log = tmp_path / "0.log"
    log.write_text(f"2026-01-01T00:00:00Z stderr F {'x' * 5000}end\n")

    message = termination_message(words(tmp_path, b"", log=log, policy="FallbackToLogsOnError"))

    assert len(message) == 2048
    assert message.endswith("end\n")


def test_a_status_survives_json() -> None:
    status = seen(pod(A, init=(INIT,)), observed(attempt(A, RUNNING), attempt(INIT, EXITED)))

    assert v1.from_json(v1.to_json(status), v1.PodStatus) == status
    assert replace(status) == status
