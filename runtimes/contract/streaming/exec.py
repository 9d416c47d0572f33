"""Exec: a process in a running container, and every byte between it and its caller."""

from __future__ import annotations

import hashlib
import random
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.requires import requires
from runtimes.contract.streams import opens_itself, streaming
from runtimes.contract.talk import Heard, Talk
from runtimes.core import errors
from runtimes.core.capability import Capability
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.streaming.session import Size

if TYPE_CHECKING:
    from runtimes.contract.bench import Bench
    from runtimes.core.streaming.session import StreamSession

_MANY = 4 << 20
_PATIENCE = 30.0
_HUNG_UP = 8.0


@requires(Capability.EXEC_STREAM)
def test_streamed_exec_tells_its_outputs_apart_and_its_exit_code(contract: Bench) -> None:
    with _exec(contract, "echo out; echo err >&2; exit 3") as session:
        assert Talk(session).rest() == Heard(b"out\n", b"err\n")
        assert session.wait(_PATIENCE) == 3


@requires(Capability.EXEC_STREAM)
def test_streamed_exec_without_output_ends_with_its_exit_code(contract: Bench) -> None:
    with _exec(contract, "exit 5") as session:
        assert Talk(session).rest() == Heard(b"", b"")
        assert session.wait(_PATIENCE) == 5


@requires(Capability.EXEC_STREAM)
def test_streamed_exec_goes_on_writing_after_its_input_ended(contract: Bench) -> None:
    with _exec(contract, "cat; echo over", stdin=True) as session:
        talk = Talk(session)
        talk.say(b"first ")
        talk.until(lambda heard: heard.out == b"first ")
        talk.say(b"last ", finish=True)

        assert talk.rest().out == b"first last over\n"
        assert session.wait(_PATIENCE) == 0


@requires(Capability.EXEC_STREAM)
def test_streamed_exec_carries_megabytes_of_any_bytes_both_ways(contract: Bench) -> None:
    data = random.Random(1).randbytes(_MANY)  # noqa: S311 - any bytes, the same each time

    with _exec(contract, "cat", stdin=True) as session:
        talk = Talk(session)
        talk.say(data, finish=True)
        heard = talk.rest().out

        assert hashlib.sha256(heard).digest() == hashlib.sha256(data).digest()
        assert session.wait(_PATIENCE) == 0


@requires(Capability.EXEC_STREAM)
def test_streamed_exec_with_a_tty_has_one_output_and_the_size_it_is_told(contract: Bench) -> None:
    script = 'tty >&2; until [ "$(stty size)" = "40 100" ]; do sleep 0.05; done; echo resized'

    with _exec(contract, script, stdin=True, tty=True) as session:
        talk = Talk(session)
        talk.until(lambda heard: b"\r\n" in heard.out)
        session.resize(100, 40)

        heard = talk.rest()
        assert heard.out.startswith(b"/dev/")
        assert heard.out.endswith(b"resized\r\n")
        assert heard.err == b""
        assert session.wait(_PATIENCE) == 0


@requires(Capability.EXEC_STREAM)
def test_streamed_exec_soon_has_the_size_that_comes_with_it(contract: Bench) -> None:
    script = 'until [ "$(stty size 2>/dev/null)" = "33 121" ]; do sleep 0.05; done; echo sized'
    request = cri.ExecRequest(
        container_id=contract.sleeper(), cmd=["sh", "-c", script], stdout=True, tty=True
    )

    with streaming(contract.service).open_exec(request, Size(121, 33)) as session:
        assert Talk(session).rest().out == b"sized\r\n"
        assert session.wait(_PATIENCE) == 0


@requires(Capability.EXEC_STREAM)
@pytest.mark.parametrize("tty", [False, True], ids=["pipes", "tty"])
def test_streamed_exec_ends_when_its_caller_hangs_up(contract: Bench, *, tty: bool) -> None:
    container = contract.sleeper()
    with _exec_in(contract, container, "echo $$; exec cat", stdin=True, tty=tty) as session:
        heard = Talk(session).until(lambda heard: b"\n" in heard.out)
    process = int(heard.out)

    gone = ["test", "!", "-d", f"/proc/{process}"]
    contract.wait_for(
        lambda: contract.service.exec_sync(container, gone, 10).exit_code == 0,
        f"process {process} to end",
        _HUNG_UP,
    )


@requires(Capability.EXEC_STREAM)
def test_streamed_exec_of_no_such_program_is_refused(contract: Bench) -> None:
    request = cri.ExecRequest(
        container_id=contract.sleeper(), cmd=["/no/such/program"], stdout=True, stderr=True
    )

    if opens_itself(contract.service):
        with pytest.raises(errors.InvalidArgument, match="/no/such/program"):
            streaming(contract.service).open_exec(request).close()
        return
    with streaming(contract.service).open_exec(request) as session:
        Talk(session).rest()
        with pytest.raises(errors.Internal, match="/no/such/program"):
            session.wait(_PATIENCE)


def _exec(contract: Bench, script: str, *, stdin: bool = False, tty: bool = False) -> StreamSession:
    return _exec_in(contract, contract.sleeper(), script, stdin=stdin, tty=tty)


def _exec_in(
    contract: Bench, container: str, script: str, *, stdin: bool = False, tty: bool = False
) -> StreamSession:
    return streaming(contract.service).open_exec(
        cri.ExecRequest(
            container_id=container,
            cmd=["sh", "-c", script],
            stdin=stdin,
            stdout=True,
            stderr=not tty,
            tty=tty,
        )
    )
