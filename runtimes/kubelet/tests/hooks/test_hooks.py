"""postStart and preStop on the in-memory service."""

from __future__ import annotations

import time

import pytest

from runtimes.core import errors
from runtimes.core.pod import v1
from runtimes.core.pod.status import ExecResult
from runtimes.core.pod.sync import Reason
from runtimes.kubelet.events import EventReason
from runtimes.kubelet.hooks.run import HookTarget, run_hook
from runtimes.kubelet.tests.bench import Bench, script
from runtimes.kubelet.tests.builders import container, pod


def command(*words: str) -> v1.LifecycleHandler:
    return v1.LifecycleHandler(exec=v1.ExecAction(command=words))


def sleeps(seconds: int) -> v1.LifecycleHandler:
    return v1.LifecycleHandler(sleep=v1.SleepAction(seconds=seconds))


def lifecycle(
    post_start: v1.LifecycleHandler | None = None, pre_stop: v1.LifecycleHandler | None = None
) -> v1.Container:
    hooks = v1.Lifecycle(post_start=post_start, pre_stop=pre_stop)
    return script("sleep 1000", lifecycle=hooks)


def stops(bench: Bench) -> list[object]:
    """The grace of each StopContainer."""
    return [call.arguments[1] for call in bench.service.calls if call.rpc == "StopContainer"]


def target(code: int = 0, *, runs: bool = True) -> HookTarget:
    return HookTarget(
        container=container(),
        pod_ip="127.0.0.1",
        exec=lambda cmd, timeout: ExecResult(code, b"", b"no luck"),
        runs=lambda: runs,
    )


def test_a_post_start_hook_runs_in_the_started_container(bench: Bench) -> None:
    asked = pod(lifecycle(post_start=command("sh", "-c", "true")))

    result = bench.sync(asked)

    assert result.ok
    assert bench.rpcs.index("ExecSync") > bench.rpcs.index("StartContainer")


def test_a_post_start_hook_that_fails_takes_its_container_along(bench: Bench) -> None:
    asked = pod(lifecycle(post_start=command("sh", "-c", "exit 3")), policy="Always")

    (_, start) = bench.sync(asked).results

    assert start.reason is Reason.POST_START_HOOK_ERROR
    assert "exited with 3" in start.message
    assert EventReason.FAILED_POST_START_HOOK in bench.told
    assert bench.latest(asked).state.value == "exited"


def test_a_pre_stop_hook_runs_before_the_signal_and_its_time_counts(bench: Bench) -> None:
    asked = pod(lifecycle(pre_stop=sleeps(1)), termination_grace_period_seconds=9)
    bench.sync(asked)

    bench.runtime.kill_pod(asked, bench.running(asked), 7)

    assert stops(bench) == [6]


def test_a_pre_stop_hook_that_fails_is_told_and_stops_nothing_from_stopping(
    bench: Bench,
) -> None:
    asked = pod(lifecycle(pre_stop=command("sh", "-c", "exit 1")))
    bench.sync(asked)

    result = bench.runtime.kill_pod(asked, bench.running(asked), 5)

    assert not result.failures
    assert EventReason.FAILED_PRE_STOP_HOOK in bench.told
    assert bench.latest(asked).state.value == "exited"


def test_no_hook_runs_when_a_pod_is_killed_at_once(bench: Bench) -> None:
    asked = pod(lifecycle(pre_stop=sleeps(30)))
    bench.sync(asked)

    bench.runtime.kill_pod(asked, bench.running(asked), 0)

    assert stops(bench) == [0]


def test_a_hook_that_overruns_is_left_and_the_container_still_sees_its_signal(
    bench: Bench,
) -> None:
    asked = pod(lifecycle(pre_stop=sleeps(60)))
    bench.sync(asked)

    bench.runtime.kill_pod(asked, bench.running(asked), 1)

    assert stops(bench) == [1]


def test_the_hook_of_a_lost_manifest_is_read_from_the_container(bench: Bench) -> None:
    asked = pod(lifecycle(pre_stop=command("sh", "-c", "true")))
    bench.sync(asked)

    bench.runtime.kill_pod(None, bench.running(asked), 5)

    assert "ExecSync" in bench.rpcs


def test_a_command_that_fails_says_what_it_said() -> None:
    with pytest.raises(errors.FailedPrecondition, match="exited with 4: no luck"):
        run_hook(command("x"), target(4))


def test_nobody_sleeps_for_a_container_that_has_ended() -> None:
    began = time.monotonic()

    run_hook(sleeps(30), target(runs=False))

    assert time.monotonic() - began < 5.0


def test_a_tcp_socket_is_no_hook() -> None:
    with pytest.raises(errors.InvalidArgument, match="must be exec, httpGet or sleep"):
        run_hook(v1.LifecycleHandler(tcp_socket=v1.TCPSocketAction(port=1)), target())
