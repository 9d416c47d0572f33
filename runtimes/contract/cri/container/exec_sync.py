"""ExecSync."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.requires import requires
from runtimes.core import errors
from runtimes.core.capability import Capability
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.contract.bench import Bench

BIG = 1_000_000
SOON = 10.0


@requires(Capability.EXEC_SYNC)
def test_exec_sync_keeps_streams_apart_and_tells_the_exit_code(contract: Bench) -> None:
    script = "echo out; echo err >&2; exit 5"

    answer = contract.service.exec_sync(contract.sleeper(), ["sh", "-c", script], 10)

    assert (answer.stdout, answer.stderr, answer.exit_code) == (b"out\n", b"err\n", 5)


@requires(Capability.EXEC_SYNC)
def test_exec_sync_runs_inside_the_container(contract: Bench) -> None:
    config, there = contract.script("echo here > file; sleep 1000"), "/home/app/file"
    config.envs.add(key="MINE", value=b"yes")
    config.working_dir = "/home/app"
    config.linux.security_context.run_as_user.value = 1000
    container = contract.start(config)
    contract.wait_for(
        lambda: contract.service.exec_sync(container, ["cat", there], 5).exit_code == 0,
        "the file",
    )

    printed = contract.exec(container, "sh", "-c", "cat file; echo $MINE; id -u; hostname")

    hostname = contract.sandbox.config.hostname
    assert printed.splitlines() == ["here", "yes", "1000", hostname]


@requires(Capability.EXEC_SYNC)
def test_exec_sync_brings_all_of_a_large_output(contract: Bench) -> None:
    container = contract.sleeper()

    answer = contract.service.exec_sync(container, ["head", "-c", str(BIG), "/dev/zero"], 20)

    assert len(answer.stdout) == BIG


@requires(Capability.EXEC_SYNC)
def test_exec_sync_has_no_input(contract: Bench) -> None:
    answer = contract.service.exec_sync(contract.sleeper(), ["cat"], 10)

    assert (answer.stdout, answer.exit_code) == (b"", 0)


@requires(Capability.EXEC_SYNC)
def test_exec_sync_past_its_timeout_is_deadline_exceeded_and_kills(contract: Bench) -> None:
    folder = contract.folder()
    config = contract.script("trap 'exit 0' TERM; sleep 1000 & wait")
    config.mounts.append(cri.Mount(container_path="/data", host_path=str(folder)))
    container = contract.start(config)
    before = time.monotonic()

    with pytest.raises(errors.DeadlineExceeded):
        contract.service.exec_sync(
            container, ["sh", "-c", "(sleep 3; touch /data/child) & sleep 3; touch /data/main"], 1
        )

    assert time.monotonic() - before < SOON
    contract.exec(container, "sleep", "3")
    assert [path.name for path in folder.iterdir()] == []


@requires(Capability.EXEC_SYNC)
def test_exec_sync_does_not_wait_for_what_it_left_in_the_background(contract: Bench) -> None:
    container = contract.sleeper()
    before = time.monotonic()

    answer = contract.service.exec_sync(
        container, ["sh", "-c", "sleep 30 >/dev/null 2>&1 & echo done"], 20
    )

    assert answer.stdout == b"done\n"
    assert time.monotonic() - before < SOON


@requires(Capability.EXEC_SYNC)
def test_exec_sync_may_run_several_at_once(contract: Bench) -> None:
    container = contract.sleeper()

    def run(number: int) -> bytes:
        return contract.service.exec_sync(container, ["echo", str(number)], 20).stdout

    with ThreadPoolExecutor(8) as pool:
        printed = list(pool.map(run, range(8)))

    assert printed == [f"{number}\n".encode() for number in range(8)]


@requires(Capability.EXEC_SYNC)
def test_exec_sync_in_an_absent_container_is_not_found(contract: Bench) -> None:
    with pytest.raises(errors.NotFound):
        contract.service.exec_sync("no-such-container", ["true"], 5)


@requires(Capability.EXEC_SYNC)
def test_exec_sync_in_a_container_that_does_not_run_is_a_failed_precondition(
    contract: Bench,
) -> None:
    created = contract.create(contract.config("true"))
    ended = contract.finish(contract.config("true")).id

    for container in (created, ended):
        with pytest.raises(errors.FailedPrecondition):
            contract.service.exec_sync(container, ["true"], 5)


@requires(Capability.EXEC_SYNC)
def test_exec_sync_of_an_empty_command_is_an_invalid_argument(contract: Bench) -> None:
    with pytest.raises(errors.InvalidArgument):
        contract.service.exec_sync(contract.sleeper(), [], 5)


@requires(Capability.EXEC_SYNC)
def test_exec_sync_of_a_missing_program_fails_and_leaves_the_container(contract: Bench) -> None:
    container = contract.sleeper()

    try:
        failed = contract.service.exec_sync(container, ["/no/such/program"], 5).exit_code in (
            126,
            127,
        )
    except errors.Error:
        failed = True

    assert failed
    assert contract.exec(container, "echo", "alive") == "alive"


@requires(Capability.EXEC_SYNC)
def test_exec_sync_without_a_timeout_waits_for_the_end(contract: Bench) -> None:
    answer = contract.service.exec_sync(contract.sleeper(), ["sh", "-c", "sleep 1; exit 3"], 0)

    assert answer.exit_code == 3
