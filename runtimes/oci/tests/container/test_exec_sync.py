"""Commands in running containers: their output, their end, and what a timeout leaves: nothing."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.core import deadline, errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.container import output
from runtimes.oci.tests.pods import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.oci.service import OciService
    from runtimes.oci.tests.pods import Pods

pytestmark = [pytest.mark.needs_root, pytest.mark.needs_oci]


def test_streams_are_separate_and_the_exit_code_is_an_answer(every_pods: Pods) -> None:
    container = every_pods.start(every_pods.run())

    answer = every_pods.service.exec_sync(
        container, ["sh", "-c", "echo out; echo err >&2; exit 5"], 10
    )

    assert (answer.stdout, answer.stderr, answer.exit_code) == (b"out\n", b"err\n", 5)


def test_a_signal_that_kills_the_command_becomes_a_code(pods: Pods) -> None:
    container = pods.start(pods.run())

    answer = pods.service.exec_sync(container, ["sh", "-c", "kill -9 $$"], 10)

    assert answer.exit_code == 137


@pytest.mark.parametrize(
    "script",
    [
        "sleep 4242",
        "sleep 4242 & sleep 4243",
        "(sleep 4242 &) ; sleep 4243",
        "setsid sleep 4242 & sleep 4243",
        "trap '' TERM INT HUP; while :; do sleep 4242; done",
    ],
)
@pytest.mark.parametrize("runtime", ["crun", "runc"])
def test_a_timeout_kills_the_command_and_its_children(
    pods: Pods, open_service: Callable[..., OciService], runtime: str, script: str
) -> None:
    pods.service = open_service(runtime)
    container = pods.start(pods.run())
    before = time.monotonic()

    with pytest.raises(errors.DeadlineExceeded, match="was killed with its children"):
        pods.service.exec_sync(container, ["sh", "-c", script], 1)

    assert 1.0 <= time.monotonic() - before < 6.0
    assert "sleep 424" not in pods.sh(container, "ps -o args")
    assert pods.status(container).state == cri.CONTAINER_RUNNING


def test_the_callers_deadline_is_a_timeout_too(pods: Pods) -> None:
    container = pods.start(pods.run())

    with deadline.within(0.3), pytest.raises(errors.DeadlineExceeded):
        pods.service.exec_sync(container, ["sleep", "4242"], 0)

    assert "sleep 4242" not in pods.sh(container, "ps -o args")


def test_a_child_that_holds_the_output_does_not_prolong_the_call(every_pods: Pods) -> None:
    container = every_pods.start(every_pods.run())
    before = time.monotonic()

    answer = every_pods.service.exec_sync(container, ["sh", "-c", "sleep 30 & echo done"], 20)

    assert time.monotonic() - before < 5
    assert (answer.stdout, answer.exit_code) == (b"done\n", 0)


def test_output_is_kept_up_to_the_limit_and_the_rest_dropped(
    pods: Pods, monkeypatch: pytest.MonkeyPatch
) -> None:
    container = pods.start(pods.run())
    monkeypatch.setattr(output, "LIMIT", 100_000)

    answer = pods.service.exec_sync(
        container, ["sh", "-c", "head -c 300000 /dev/zero; echo end >&2"], 10
    )

    assert len(answer.stdout) == 100_000
    assert (answer.stderr, answer.exit_code) == (b"end\n", 0)


def test_all_output_up_to_the_limit_arrives(pods: Pods) -> None:
    container = pods.start(pods.run())

    answer = pods.service.exec_sync(container, ["head", "-c", str(20 << 20), "/dev/zero"], 30)

    assert len(answer.stdout) == output.LIMIT == 16 << 20


def test_the_command_has_the_containers_environment_user_and_directory(pods: Pods) -> None:
    context = cri.LinuxContainerSecurityContext(
        run_as_user=cri.Int64Value(value=1000), supplemental_groups=[3000]
    )
    container = pods.start(
        pods.run(),
        envs=[cri.KeyValue(key="GREETING", value=b"hello")],
        working_dir="/tmp",
        linux=cri.LinuxContainerConfig(security_context=context),
    )

    text = pods.sh(
        container, "echo $GREETING; pwd; id -u; id -G; grep NoNewPrivs /proc/self/status"
    )

    greeting, folder, user, groups, _ = text.splitlines()
    assert (greeting, folder, user) == ("hello", "/tmp", "1000")
    assert {"1000", "3000"} <= set(groups.split())


def test_the_commands_input_is_at_its_end_and_nothing_of_the_hosts(every_pods: Pods) -> None:
    container = every_pods.start(every_pods.run())

    text = every_pods.sh(container, "cat; ls -l /proc/self/fd/0")

    assert "-> pipe:" in text


@pytest.mark.parametrize("command", [["/no/such/program"], ["not-a-program"]])
def test_a_command_that_cannot_be_executed_is_an_error(
    every_pods: Pods, command: list[str]
) -> None:
    container = every_pods.start(every_pods.run())

    with pytest.raises(errors.Error, match=command[0].strip("/")):
        every_pods.service.exec_sync(container, command, 10)


def test_an_empty_command_is_refused(pods: Pods) -> None:
    with pytest.raises(errors.InvalidArgument, match="the command is empty"):
        pods.service.exec_sync("whatever", [], 10)


def test_exec_needs_a_running_container(pods: Pods) -> None:
    pod = pods.run()
    created = pods.create(pod)
    exited = pods.start(pod, ["true"], name="exited")
    pods.wait(exited)

    for container in (created, exited):
        with pytest.raises(errors.FailedPrecondition, match="isn't running"):
            pods.service.exec_sync(container, ["true"], 10)
    with pytest.raises(errors.NotFound):
        pods.service.exec_sync("f" * 64, ["true"], 10)


def test_nothing_is_left_of_an_exec(pods: Pods) -> None:
    container = pods.start(pods.run())
    descriptors = _open_descriptors()

    for _ in range(5):
        pods.sh(container, "true")
    with pytest.raises(errors.DeadlineExceeded):
        pods.service.exec_sync(container, ["sleep", "100"], 1)

    assert list(pods.engine.paths.execs.iterdir()) == []
    wait_for(lambda: _open_descriptors() <= descriptors)
    assert not any("crun" in Path(f"/proc/{pid}/comm").read_text() for pid in _children())


def _open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def _children() -> list[str]:
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()


def test_a_timeout_leaves_no_zombie_below_an_init_that_reaps_nothing(every_pods: Pods) -> None:
    own = cri.NamespaceOption(pid=cri.CONTAINER)
    linux = cri.LinuxContainerConfig(
        security_context=cri.LinuxContainerSecurityContext(namespace_options=own)
    )
    container = every_pods.start(every_pods.run(), linux=linux)

    with pytest.raises(errors.DeadlineExceeded):
        every_pods.service.exec_sync(container, ["sleep", "4321"], 1)

    assert every_pods.sh(container, "grep -l ^State:.Z /proc/[0-9]*/status || true") == ""
