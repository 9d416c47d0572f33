"""Hijacked connections and logs, with every way they can be cut."""

from __future__ import annotations

import io
import os
import threading
import time
from typing import TYPE_CHECKING

import pytest

from runtimes.core import deadline, errors
from runtimes.core.docker.frames import Stream, frame
from runtimes.core.docker.interface import LogsOptions, StreamOptions

if TYPE_CHECKING:
    from runtimes.docker_legacy.client import DockerClient
    from runtimes.docker_legacy.tests.conftest import Exchange, ScriptedEngine

UPGRADED = b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
START = "POST /exec/x1/start"
LOGS = "GET /containers/c1/logs"
FRESH = {"ID": "x1", "ContainerID": "c1", "Running": False, "ExitCode": None, "Pid": 0}


@pytest.fixture(autouse=True)
def fresh_command(scripted: ScriptedEngine) -> None:
    scripted.replies("GET /exec/x1/json", 200, FRESH)


def streams(source: io.BytesIO | None = None) -> tuple[StreamOptions, io.BytesIO, io.BytesIO]:
    out, err = io.BytesIO(), io.BytesIO()
    return StreamOptions(input=source, output=out, error=err), out, err


def test_output_in_the_packet_of_the_head_is_kept(
    scripted: ScriptedEngine, docker: DockerClient
) -> None:
    out1, err1 = frame(Stream.STDOUT, b"out-first"), frame(Stream.STDERR, b"err-first")
    scripted.on(START, lambda exchange: exchange.send(UPGRADED + out1 + err1))
    options, out, err = streams()

    docker.start_exec("x1", options)

    assert (out.getvalue(), err.getvalue()) == (b"out-first", b"err-first")


def test_slow_frames_are_put_together(scripted: ScriptedEngine, docker: DockerClient) -> None:
    def drip(exchange: Exchange) -> None:
        for byte in UPGRADED + frame(Stream.STDOUT, b"slow") + frame(Stream.STDERR, b"drip"):
            exchange.send(bytes([byte]))
            time.sleep(0.001)

    scripted.on(START, drip)
    options, out, err = streams()

    docker.start_exec("x1", options)

    assert (out.getvalue(), err.getvalue()) == (b"slow", b"drip")


def test_input_is_closed_by_half_and_output_still_read(
    scripted: ScriptedEngine, docker: DockerClient
) -> None:
    heard: list[bytes] = []

    def echo(exchange: Exchange) -> None:
        exchange.send(UPGRADED)
        heard.append(exchange.read_to_end())
        exchange.send(frame(Stream.STDOUT, b"after the end of the input"))

    scripted.on(START, echo)
    typed = b"typed" * 100_000
    options, out, _ = streams(io.BytesIO(typed))

    docker.start_exec("x1", options)

    assert heard == [typed]
    assert out.getvalue() == b"after the end of the input"


def test_the_thread_that_reads_the_input_ends_with_the_stream(
    scripted: ScriptedEngine, docker: DockerClient
) -> None:
    scripted.on(START, lambda exchange: exchange.send(UPGRADED + frame(Stream.STDOUT, b"done")))
    reading, writing = os.pipe()
    out = io.BytesIO()

    with os.fdopen(reading, "rb") as source:
        docker.start_exec("x1", StreamOptions(input=source, output=out))

    os.close(writing)
    assert out.getvalue() == b"done"
    assert "docker-stdin" not in [thread.name for thread in threading.enumerate()]


def test_a_tty_s_output_is_raw(scripted: ScriptedEngine, docker: DockerClient) -> None:
    scripted.on(START, lambda exchange: exchange.send(UPGRADED + b"\1raw\0bytes"))
    out = io.BytesIO()

    docker.start_exec("x1", StreamOptions(raw_terminal=True, output=out))

    assert out.getvalue() == b"\1raw\0bytes"
    assert b'"Tty": true' in scripted.last(START).body


def test_an_engine_that_doesn_t_upgrade_is_read_to_its_end(
    scripted: ScriptedEngine, docker: DockerClient
) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n"
    scripted.on(START, lambda exchange: exchange.send(head + frame(Stream.STDOUT, b"old way")))
    options, out, _ = streams()

    docker.start_exec("x1", options)

    assert out.getvalue() == b"old way"


def test_an_end_in_the_middle_of_a_frame_is_unavailable(
    scripted: ScriptedEngine, docker: DockerClient
) -> None:
    scripted.on(START, lambda exchange: exchange.send(UPGRADED + frame(Stream.STDOUT, b"abc")[:9]))
    options, out, _ = streams()

    with pytest.raises(errors.Unavailable, match="middle of a frame"):
        docker.start_exec("x1", options)

    assert out.getvalue() == b"a"


def test_an_end_before_the_head_is_unavailable(
    scripted: ScriptedEngine, docker: DockerClient
) -> None:
    scripted.on(START, lambda exchange: exchange.send(b"HTTP/1.1 101 UPG"))

    with pytest.raises(errors.Unavailable, match="without an answer"):
        docker.start_exec("x1", streams()[0])


def test_the_engine_s_own_error_in_a_stream_is_raised(
    scripted: ScriptedEngine, docker: DockerClient
) -> None:
    scripted.on(
        START, lambda exchange: exchange.send(UPGRADED + frame(Stream.SYSTEM_ERROR, b"no disk"))
    )

    with pytest.raises(errors.Internal, match="no disk"):
        docker.start_exec("x1", streams()[0])


def test_a_refused_hijack_is_an_error_of_its_status(
    scripted: ScriptedEngine, docker: DockerClient
) -> None:
    scripted.replies(START, 409, {"message": "it is paused"})

    with pytest.raises(errors.FailedPrecondition, match="it is paused"):
        docker.start_exec("x1", streams()[0])


def test_a_command_that_was_started_before_is_refused(
    scripted: ScriptedEngine, docker: DockerClient
) -> None:
    scripted.replies("GET /exec/x1/json", 200, {**FRESH, "ExitCode": 0, "Pid": 77})

    with pytest.raises(errors.FailedPrecondition, match="started before"):
        docker.start_exec("x1", streams()[0])

    assert START.partition(" ")[2] not in [one.path for one in scripted.seen]


def test_a_caller_s_output_that_fails_ends_the_stream(
    scripted: ScriptedEngine, docker: DockerClient
) -> None:
    class Broken(io.BytesIO):
        def write(self, data: object) -> int:
            raise BrokenPipeError("reader is gone")

    def chatter(exchange: Exchange) -> None:
        exchange.send(UPGRADED + frame(Stream.STDOUT, b"x"))
        exchange.read_to_end()

    scripted.on(START, chatter)

    with pytest.raises(BrokenPipeError):
        docker.start_exec("x1", StreamOptions(output=Broken()))


def test_a_silent_stream_ends_with_the_caller_s_deadline(
    scripted: ScriptedEngine, docker: DockerClient
) -> None:
    def silent(exchange: Exchange) -> None:
        exchange.send(UPGRADED)
        exchange.read_to_end()

    scripted.on(START, silent)
    before = time.monotonic()

    with deadline.within(0.3), pytest.raises(errors.DeadlineExceeded):
        docker.start_exec("x1", streams()[0])

    assert 0.2 < time.monotonic() - before < 3


def test_closing_the_client_ends_a_stream_of_another_thread(
    scripted: ScriptedEngine, docker: DockerClient
) -> None:
    began = threading.Event()

    def silent(exchange: Exchange) -> None:
        exchange.send(UPGRADED)
        began.set()
        exchange.read_to_end()

    scripted.on(START, silent)
    caught: list[BaseException] = []

    def run() -> None:
        try:
            docker.start_exec("x1", streams()[0])
        except errors.Error as error:
            caught.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    assert began.wait(5)

    docker.close()

    thread.join(5)
    assert [type(error) for error in caught] == [errors.Canceled]


def test_logs_ask_for_what_the_options_say(scripted: ScriptedEngine, docker: DockerClient) -> None:
    def answer(exchange: Exchange) -> None:
        exchange.begin_chunks()
        exchange.chunk(frame(Stream.STDOUT, b"line\n"))
        exchange.end_chunks()

    scripted.on(LOGS, answer)
    options, out, _ = streams()

    docker.logs("c1", LogsOptions(stderr=False, since=12.5, tail=3, timestamps=True), options)

    assert out.getvalue() == b"line\n"
    assert scripted.last(LOGS).query == {
        "stdout": "1",
        "stderr": "0",
        "timestamps": "1",
        "follow": "0",
        "tail": "3",
        "since": "12.500000000",
    }


def test_logs_cut_in_the_middle_are_unavailable(
    scripted: ScriptedEngine, docker: DockerClient
) -> None:
    def cut(exchange: Exchange) -> None:
        exchange.begin_chunks()
        exchange.chunk(frame(Stream.STDOUT, b"line\n"))

    scripted.on(LOGS, cut)
    options, out, _ = streams()

    with pytest.raises(errors.Unavailable, match="middle"):
        docker.logs("c1", LogsOptions(follow=True), options)

    assert out.getvalue() == b"line\n"


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (StreamOptions(output=io.BytesIO()), {"stdin": "0", "stdout": "1", "stderr": "0"}),
        (
            StreamOptions(input=io.BytesIO(), error=io.BytesIO()),
            {"stdin": "1", "stdout": "0", "stderr": "1"},
        ),
    ],
)
def test_attach_asks_for_the_streams_that_are_there(
    scripted: ScriptedEngine,
    docker: DockerClient,
    options: StreamOptions,
    wanted: dict[str, str],
) -> None:
    scripted.replies("GET /containers/c1/json", 200, {"Id": "c1", "State": {"Running": True}})
    attach = "POST /containers/c1/attach"
    scripted.on(attach, lambda exchange: exchange.send(UPGRADED))

    docker.attach_to_container("c1", options)

    assert scripted.last(attach).query == {"stream": "1", **wanted}
