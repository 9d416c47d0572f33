"""Commands in apps, whose ids are ``<uuid>:<app>``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.pod.status import ContainerState
from runtimes.rkt_stub.pod.incarnation import incarnations
from runtimes.rkt_stub.program.enter import words
from runtimes.rkt_stub.stream import open_command, run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtimes.core.pod.status import ExecResult
    from runtimes.core.streaming.session import Size, StreamSession
    from runtimes.rkt_stub.pod.node import RktNode


@dataclass(frozen=True, slots=True, kw_only=True)
class Streams:
    """What a command is given: a terminal and its size, an input."""

    tty: bool = False
    stdin: bool = False
    size: Size | None = None


def exec_in(node: RktNode, container_id: str, cmd: Sequence[str], timeout: int) -> ExecResult:
    """Errors as of `PodRuntime.exec`."""
    return run(node.rkt, _words(node, container_id, cmd), timeout)


def open_exec(
    node: RktNode, container_id: str, cmd: Sequence[str], streams: Streams
) -> StreamSession:
    """Errors as of `PodRuntime.open_exec`."""
    words_of = _words(node, container_id, cmd)
    return open_command(node.rkt, words_of, tty=streams.tty, stdin=streams.stdin, size=streams.size)


def _words(node: RktNode, container_id: str, cmd: Sequence[str]) -> list[str]:
    """Look first: rkt's exit code can't be told from the command's own."""
    action = f"run a command in container '{container_id}'"
    if not cmd:
        raise errors.InvalidArgument(f"{action}: none is given")
    uuid, _, app = container_id.partition(":")
    every = incarnations(node.rkt, node.config.root)
    found = next(
        (
            status
            for one in every
            if one.uuid == uuid
            for status in one.containers()
            if status.id == container_id
        ),
        None,
    )
    if found is None:
        raise errors.NotFound(f"{action}: there is no such container")
    if found.state is not ContainerState.RUNNING:
        raise errors.FailedPrecondition(f"{action}: it doesn't run")
    return words(uuid, app, cmd)
