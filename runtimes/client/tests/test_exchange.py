"""Bytes in and out of a process, at once and in any amount."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import pytest

from runtimes.client.exchange import Source, bytes_source, collect, exchange
from runtimes.core import errors
from runtimes.core.streaming.session import Channel

if TYPE_CHECKING:
    from runtimes.client import Container

BIG = os.urandom(1024) * 4096


def test_binary_data_pass_both_ways_and_the_inputs_end_ends_the_process(
    container: Container,
) -> None:
    with bytes_source(BIG) as source, container.open_exec(["cat"], stdin=True) as session:
        result = collect(session, source)

    assert (result.exit_code, len(result.stdout), result.stderr) == (0, len(BIG), b"")
    assert result.stdout == BIG


def test_output_goes_on_after_the_input_has_ended(container: Container) -> None:
    script = "cat >/dev/null; echo out; echo err >&2; exit 5"
    with (
        bytes_source(b"words") as source,
        container.open_exec(["sh", "-c", script], stdin=True) as session,
    ):
        result = collect(session, source)

    assert (result.exit_code, result.stdout, result.stderr) == (5, b"out\n", b"err\n")


def test_a_process_that_reads_nothing_isnt_waited_for(container: Container) -> None:
    reader, writer = os.pipe()
    try:
        with container.open_exec(["echo", "done"], stdin=True) as session:
            assert collect(session, Source(reader)).stdout == b"done\n"
    finally:
        os.close(reader)
        os.close(writer)


def test_without_a_source_the_input_is_empty(container: Container) -> None:
    with container.open_exec(["cat"], stdin=True) as session:
        assert collect(session).exit_code == 0


def test_what_is_passed_on_can_be_edited(container: Container) -> None:
    with bytes_source(b"quiet") as source, container.open_exec(["cat"], stdin=True) as session:
        result = collect(session, Source(source.fd, bytes.upper))

    assert result.stdout == b"QUIET"


def test_an_editor_may_end_it(container: Container) -> None:
    def refuse(_data: bytes) -> bytes:
        raise InterruptedError

    with (
        bytes_source(b"x") as source,
        container.open_exec(["cat"], stdin=True) as session,
        pytest.raises(InterruptedError),
    ):
        collect(session, Source(source.fd, refuse))


def test_a_slow_reader_slows_the_process_and_loses_nothing(container: Container) -> None:
    amount = 0
    with container.open_exec(["sh", "-c", "head -c 3000000 /dev/zero"]) as session:
        for channel, data in exchange(session):
            assert channel is Channel.STDOUT
            amount += len(data)
        assert session.wait() == 0

    assert amount == 3_000_000


def test_other_descriptors_are_watched_meanwhile(container: Container) -> None:
    reader, writer = os.pipe()
    seen: list[bytes] = []
    with container.open_exec(["cat"], stdin=True) as session:

        def look() -> None:
            seen.append(os.read(reader, 10))
            os.write(end, b"over")
            os.close(end)

        feed, end = os.pipe()
        threading.Timer(0.05, os.write, (writer, b"!")).start()
        chunks = list(exchange(session, Source(feed), watch={reader: look}))
        os.close(feed)

    os.close(reader)
    os.close(writer)
    assert seen == [b"!"]
    assert chunks == [(Channel.STDOUT, b"over")]


def test_a_tty_echoes_and_has_a_size(container: Container) -> None:
    with (
        bytes_source(b"stty size\nexit 3\n") as source,
        container.open_exec(["sh"], tty=True, stdin=True) as session,
    ):
        session.resize(101, 33)
        result = collect(session, source)

    assert result.exit_code == 3
    assert b"33 101\r\n" in result.stdout


def test_a_backend_without_streams_says_so(container: Container) -> None:
    from runtimes.contract.fake.service import FakeCri

    runtime = container.pod.runtime.backend_runtime
    runtime._service = FakeCri()  # type: ignore[attr-defined]  # the backend beneath

    with pytest.raises(errors.Unimplemented):
        container.open_exec(["true"])
