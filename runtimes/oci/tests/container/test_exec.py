"""Commands with streams in running containers: their ends, their terminal, and what is left."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.streaming.session import Size
from runtimes.oci.tests.holder import Held
from runtimes.oci.tests.pods import Pods, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.oci.service import OciService
    from runtimes.oci.tests.pods import PrivateRoot

pytestmark = [pytest.mark.needs_root, pytest.mark.needs_oci]


def ask(container: str, *cmd: str, **streams: bool) -> cri.ExecRequest:
    return cri.ExecRequest(container_id=container, cmd=cmd, **{"stdout": True, **streams})


def test_streams_are_separate_and_the_code_is_told(every_pods: Pods) -> None:
    container = every_pods.start(every_pods.run())
    script = "cat; echo err >&2; exit 5"

    with every_pods.service.open_exec(
        ask(container, "sh", "-c", script, stdin=True, stderr=True)
    ) as session:
        held = Held(session)
        held.write(b"in\n")
        held.finish()

        assert (held.end(), held.stdout, held.stderr) == (5, b"in\n", b"err\n")


def test_a_terminal_has_a_size_and_an_end_of_input(every_pods: Pods) -> None:
    container = every_pods.start(every_pods.run())
    script = "read go; stty size; cat; exit 3"

    with every_pods.service.open_exec(
        ask(container, "sh", "-c", script, stdin=True, tty=True)
    ) as session:
        held = Held(session)
        session.resize(97, 31)
        held.write(b"\nline\n")
        wait_for(lambda: held.stdout.count(b"line") == 2)
        held.finish()

        assert held.end() == 3
    assert b"31 97\r\n" in held.stdout


def test_with_runc_a_terminal_has_its_size_before_its_program_begins(
    private_root: PrivateRoot, open_service: Callable[..., OciService]
) -> None:
    with open_service("runc", "python") as service:
        pods = Pods(service, private_root.folder / "logs")
        container = pods.start(pods.run())
        request = ask(container, "stty", "size", tty=True)

        with service.open_exec(request, Size(120, 35)) as session:
            held = Held(session)
            assert held.end() == 0
        pods.clear()

    assert held.stdout == b"35 120\r\n"


def test_a_terminal_interrupts(pods: Pods) -> None:
    container = pods.start(pods.run())

    with pods.service.open_exec(ask(container, "sleep", "4242", stdin=True, tty=True)) as session:
        held = Held(session)
        held.write(b"\x03")

        assert held.end() == 130


@pytest.mark.parametrize("tty", [False, True], ids=["pipes", "terminal"])
def test_a_child_that_holds_the_output_does_not_hold_the_session(
    every_pods: Pods, tty: bool
) -> None:
    container = every_pods.start(every_pods.run())
    before = time.monotonic()

    with every_pods.service.open_exec(
        ask(container, "sh", "-c", "trap '' HUP; sleep 30 & echo done", tty=tty)
    ) as session:
        held = Held(session)

        assert held.end() == 0
    assert held.stdout.strip() == b"done"
    assert held.ended_at - before < 5


@pytest.mark.parametrize("tty", [False, True], ids=["pipes", "terminal"])
def test_all_output_arrives_however_late_it_is_read(every_pods: Pods, tty: bool) -> None:
    container = every_pods.start(every_pods.run())

    with every_pods.service.open_exec(ask(container, "seq", "1", "50000", tty=tty)) as session:
        time.sleep(0.3)
        held = Held(session)

        assert held.end() == 0
    assert held.stdout.replace(b"\r", b"").split() == [b"%d" % n for n in range(1, 50001)]


def test_a_slow_reader_makes_the_command_wait(pods: Pods) -> None:
    container = pods.start(pods.run())

    with pods.service.open_exec(
        ask(container, "sh", "-c", "head -c 4000000 /dev/zero; echo over >&2", stderr=True)
    ) as session:
        with pytest.raises(errors.DeadlineExceeded, match="still runs"):
            session.wait(0.2)

        held = Held(session)
        assert held.end() == 0
    assert (len(held.stdout), held.stderr) == (4000000, b"over\n")


def test_input_of_any_size_is_piped_through(pods: Pods) -> None:
    container = pods.start(pods.run())
    data = os.urandom(1 << 20)

    with pods.service.open_exec(ask(container, "cat", stdin=True)) as session:
        held = Held(session)
        held.write(data)
        held.finish()

        assert held.end() == 0
    assert held.stdout == data


def test_unwanted_output_goes_nowhere(pods: Pods) -> None:
    container = pods.start(pods.run())
    script = "head -c 1000000 /dev/zero >&2; echo out"

    with pods.service.open_exec(ask(container, "sh", "-c", script)) as session:
        held = Held(session)

        assert (held.end(), held.stdout, held.stderr) == (0, b"out\n", b"")


def test_closing_hangs_a_terminal_up(pods: Pods) -> None:
    container = pods.start(pods.run())
    script = "trap 'echo hup > /tmp/said; exit' HUP; while :; do sleep 0.05; done"

    pods.service.open_exec(ask(container, "sh", "-c", script, stdin=True, tty=True)).close()

    wait_for(lambda: pods.sh(container, "cat /tmp/said 2>/dev/null; true") == "hup\n")


def test_closing_ends_the_input_of_a_command_with_pipes(pods: Pods) -> None:
    container = pods.start(pods.run())
    script = "cat; echo eof > /tmp/said"

    session = pods.service.open_exec(ask(container, "sh", "-c", script, stdin=True))
    session.close()
    session.close()

    wait_for(lambda: pods.sh(container, "cat /tmp/said 2>/dev/null; true") == "eof\n")
    assert session.wait(10) == 0


@pytest.mark.parametrize("tty", [False, True], ids=["pipes", "terminal"])
@pytest.mark.parametrize("program", ["no-such-program", "/bin/not-a-program"])
def test_a_program_that_cannot_run_is_the_callers_mistake(
    every_pods: Pods, program: str, tty: bool
) -> None:
    container = every_pods.start(every_pods.run())

    with pytest.raises(errors.InvalidArgument, match="in the image"):
        every_pods.service.open_exec(ask(container, program, tty=tty))


@pytest.mark.parametrize(
    ("cmd", "streams"),
    [
        ((), {}),
        (("true",), {"stdout": False}),
        (("true",), {"tty": True, "stderr": True}),
    ],
)
def test_requests_that_contradict_themselves_are_refused(
    pods: Pods, cmd: tuple[str, ...], streams: dict[str, bool]
) -> None:
    with pytest.raises(errors.InvalidArgument, match="exec in container 'c'"):
        pods.service.open_exec(ask("c", *cmd, **streams))


def test_only_a_running_container_takes_commands(pods: Pods) -> None:
    created = pods.create(pods.run())

    with pytest.raises(errors.FailedPrecondition, match="isn't running"):
        pods.service.open_exec(ask(created, "true"))
    with pytest.raises(errors.NotFound):
        pods.service.open_exec(ask("f" * 64, "true"))


def test_many_sessions_at_once_leave_nothing(pods: Pods) -> None:
    container = pods.start(pods.run())
    with pods.service.open_exec(ask(container, "true")) as first:  # starts the pump
        Held(first).end()
    before, children = _descriptors(), _children()

    sessions = [
        pods.service.open_exec(ask(container, "cat", stdin=True, tty=number % 4 == 0))
        for number in range(40)
    ]
    held = [Held(session) for session in sessions]
    for each in held:
        each.write(b"x\n")
        each.finish()
    codes = [each.end() for each in held]
    for session in sessions:
        session.close()

    assert codes == [0] * 40
    assert all(each.stdout.startswith(b"x") for each in held)
    wait_for(lambda: _descriptors() <= before)
    wait_for(lambda: not list(pods.engine.paths.execs.iterdir()))
    wait_for(lambda: _children() <= children)


def _children() -> set[str]:
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
