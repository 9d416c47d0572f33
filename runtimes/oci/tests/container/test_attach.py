"""Attaching to a container's main process: its streams, its stdin's end, its terminal."""

from __future__ import annotations

import os
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.tests.holder import Held
from runtimes.oci.tests.pods import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runtimes.oci.service import OciService
    from runtimes.oci.tests.pods import Pods

pytestmark = [pytest.mark.needs_root, pytest.mark.needs_oci]


@pytest.fixture(params=["conmon", "python"])
def pods(
    request: pytest.FixtureRequest, pods: Pods, open_service: Callable[..., OciService]
) -> Iterator[Pods]:
    """Pods on crun and either monitor."""
    with open_service("crun", request.param) as pods.service:
        yield pods


ECHO = ("sh", "-c", "while read line; do echo got $line; echo err $line >&2; done; echo eof")


def ask(container: str, **streams: bool) -> cri.AttachRequest:
    wanted = {"stdin": True, "stdout": True, "stderr": not streams.get("tty"), **streams}
    return cri.AttachRequest(container_id=container, **wanted)


def test_input_goes_in_and_both_outputs_come_out(pods: Pods) -> None:
    pod = pods.run()
    container = pods.start(pod, ECHO, stdin=True, stdin_once=True)

    with pods.service.open_attach(ask(container)) as session:
        held = Held(session)
        held.write(b"one\n")
        wait_for(lambda: held.stderr)
        assert (held.stdout, held.stderr) == (b"got one\n", b"err one\n")
        held.finish()

        assert held.end() == 0
    assert held.stdout == b"got one\neof\n"
    assert pods.output(pod) == "got one\neof\n"


def test_without_stdin_once_the_next_client_goes_on(pods: Pods) -> None:
    container = pods.start(pods.run(), ECHO, stdin=True)

    for word in (b"one", b"two"):
        with pods.service.open_attach(ask(container)) as session:
            held = Held(session)
            held.write(word + b"\n")
            held.finish()
            wait_for(partial(getattr, held, "stdout"))
            assert held.stdout == b"got " + word + b"\n"

    assert pods.status(container).state == cri.CONTAINER_RUNNING


def test_a_client_that_leaves_ends_an_input_that_is_open_once(pods: Pods) -> None:
    pod = pods.run()
    container = pods.start(pod, ECHO, stdin=True, stdin_once=True)

    with pods.service.open_attach(ask(container)) as session:
        os.write(session.stdin.fd, b"one\n")  # type: ignore[union-attr]  # it was asked for

    assert pods.wait(container).exit_code == 0
    assert pods.output(pod) == "got one\neof\n"


def test_a_terminal_is_shared_and_resized(pods: Pods) -> None:
    pod = pods.run()
    script = "while read line; do stty size; echo got $line; done"
    container = pods.start(pod, ["sh", "-c", script], stdin=True, tty=True)

    with pods.service.open_attach(ask(container, tty=True)) as session:
        held = Held(session)
        session.resize(101, 41)
        wait_for(lambda: _sees_size(held, b"41 101"))
        with pods.service.open_attach(ask(container, tty=True, stdin=False)) as second:
            also = Held(second)
            held.write(b"word\n")
            wait_for(lambda: b"got word" in also.stdout and b"got word" in held.stdout)
        held.write(b"\x04")

        assert held.end() == 0
    assert "got word" in pods.output(pod)


def _sees_size(held: Held, size: bytes) -> bool:
    held.write(b"\n")
    time.sleep(0.02)
    return size in held.stdout


def test_input_of_any_size_arrives_and_output_comes_back(pods: Pods) -> None:
    container = pods.start(pods.run(), ["cat"], stdin=True, stdin_once=True)
    data = os.urandom(1 << 20)

    with pods.service.open_attach(ask(container)) as session:
        held = Held(session)
        held.write(data)
        held.finish()

        assert held.end() == 0
    assert held.stdout == data


def test_a_slow_client_makes_the_container_wait_and_loses_nothing(pods: Pods) -> None:
    script = "read go; head -c 2000000 /dev/zero | tr '\\0' x; echo over >&2"
    container = pods.start(pods.run(), ["sh", "-c", script], stdin=True, stdin_once=True)

    with pods.service.open_attach(ask(container)) as session:
        os.write(session.stdin.fd, b"\n")  # type: ignore[union-attr]  # it was asked for
        with pytest.raises(errors.DeadlineExceeded, match="still runs"):
            session.wait(0.3)
        held = Held(session)

        assert held.end() == 0
    assert (len(held.stdout), held.stderr) == (2000000, b"over\n")


def test_only_what_was_asked_for_comes(pods: Pods) -> None:
    container = pods.start(pods.run(), ECHO, stdin=True, stdin_once=True)

    with pods.service.open_attach(ask(container, stdout=False)) as session:
        held = Held(session)
        held.write(b"one\n")
        held.finish()

        assert held.end() == 0
    assert (held.stdout, held.stderr) == (b"", b"err one\n")


def test_the_containers_code_is_told_and_input_for_none_leads_nowhere(pods: Pods) -> None:
    container = pods.start(pods.run(), ["sh", "-c", "sleep 0.5; cat; echo done; exit 7"])

    with pods.service.open_attach(ask(container)) as session:
        held = Held(session)
        held.write(b"nothing\n")

        assert held.end() == 7
    assert held.stdout == b"done\n"


def test_a_client_that_is_gone_does_not_disturb(pods: Pods) -> None:
    script = "for n in $(seq 1 200); do echo $n; sleep 0.002; done"
    pod = pods.run()
    container = pods.start(pod, ["sh", "-c", script])

    pods.service.open_attach(ask(container)).close()

    assert pods.wait(container).exit_code == 0
    assert pods.output(pod).split() == [str(number) for number in range(1, 201)]


def test_only_a_running_container_is_attached_to(pods: Pods) -> None:
    created = pods.create(pods.run())

    with pytest.raises(errors.FailedPrecondition, match="isn't running"):
        pods.service.open_attach(ask(created))
    with pytest.raises(errors.NotFound):
        pods.service.open_attach(ask("f" * 64))
    with pytest.raises(errors.InvalidArgument, match="tty"):
        pods.service.open_attach(ask(created, tty=True, stderr=True))


def test_the_end_of_the_input_is_an_end_of_file_at_the_terminal(every_pods: Pods) -> None:
    container = every_pods.start(every_pods.run(), ["cat"], stdin=True, tty=True)
    request = cri.AttachRequest(container_id=container, stdin=True, stdout=True, tty=True)

    with every_pods.service.open_attach(request) as session:
        held = Held(session)
        held.write(b"line\n")
        held.finish()

        assert held.end() == 0
    assert held.stdout.count(b"line") == 2
