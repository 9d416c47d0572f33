"""Attach: a container's own process, from now on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.contract.requires import requires
from runtimes.contract.streams import streaming
from runtimes.contract.talk import Heard, Talk
from runtimes.core.capability import Capability
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.contract.bench import Bench
    from runtimes.core.streaming.session import StreamSession

_PATIENCE = 30.0


@requires(Capability.ATTACH)
def test_attachment_has_the_output_from_now_on_and_the_containers_exit_code(
    contract: Bench,
) -> None:
    container = _reader(contract, "echo before; read word; echo $word; echo err >&2; exit 7")
    contract.wait_log(container, "before")

    with _attach(contract, container) as session:
        talk = Talk(session)
        talk.say(b"after\n")

        assert talk.rest() == Heard(b"after\n", b"err\n")
        assert session.wait(_PATIENCE) == 7
    logged = contract.log(container).splitlines()
    assert logged[0] == "before"
    assert sorted(logged[1:]) == ["after", "err"]  # two pipes, and either may be read first


@requires(Capability.ATTACH)
def test_attachment_that_is_let_go_leaves_the_container_running(contract: Bench) -> None:
    container = _reader(contract, "while read word; do echo got $word; done")

    for _ in range(2):
        with _attach(contract, container) as session:
            talk = Talk(session)
            talk.say(b"word\n")
            talk.until(lambda heard: heard.out == b"got word\n")

    assert contract.status(container).state == cri.CONTAINER_RUNNING


@requires(Capability.ATTACH)
def test_attachment_to_a_tty_resizes_it(contract: Bench) -> None:
    script = 'until [ "$(stty size)" = "40 100" ]; do sleep 0.05; done; echo resized; read word'
    container = _reader(contract, script, tty=True)

    with _attach(contract, container, tty=True) as session:
        talk = Talk(session)
        session.resize(100, 40)

        talk.until(lambda heard: b"resized\r\n" in heard.out)
        talk.say(b"\n")
        talk.rest()
        assert session.wait(_PATIENCE) == 0


def _reader(contract: Bench, script: str, *, tty: bool = False) -> str:
    config = contract.script(script)
    config.stdin = True
    config.tty = tty
    return contract.start(config)


def _attach(contract: Bench, container: str, *, tty: bool = False) -> StreamSession:
    return streaming(contract.service).open_attach(
        cri.AttachRequest(container_id=container, stdin=True, stdout=True, stderr=not tty, tty=tty)
    )
