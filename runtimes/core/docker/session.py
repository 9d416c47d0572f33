"""`StreamSession`s over any DockerInterface: commands in containers, and attachments to them.

    create_exec -> hijack or pump -> wait until it has begun -> session

The Engine itself ends the streams 2 s after a command whose children keep them.

Source: kubelet pkg/kubelet/dockershim/exec.go, docker_streaming.go (which polled every 2 s).
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import ExitStack, suppress
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from runtimes.core import deadline, errors
from runtimes.core.docker.beyond import DockerHijack, Streams
from runtimes.core.docker.ends import Ends, HijackedEnds, PumpedEnds
from runtimes.core.docker.hang_up import hang_up

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType
    from typing import Self, TypeGuard

    from runtimes.core.docker.interface import DockerInterface
    from runtimes.core.docker.types import ExecConfig, ExecInspect
    from runtimes.core.streaming.session import Inlet, Outlet, StreamSession

T = TypeVar("T")
START_SECONDS = 30.0
_NOT_EXECUTABLE = {126, 127}
_FIRST_PAUSE = 0.001
_LONGEST_PAUSE = 0.1


def open_exec(
    engine: DockerInterface, container_id: str, cmd: Sequence[str], streams: Streams
) -> ExecSession:
    """Run a command in a running container, as `StreamingService.open_exec`."""
    check_streams(f"run a command in container '{container_id}'", streams)
    if not cmd:
        raise errors.InvalidArgument(f"run a command in container '{container_id}': none is given")
    exec_id = engine.create_exec(container_id, _exec_config(cmd, streams))
    with ExitStack() as undo:
        ends = _exec_ends(engine, exec_id, streams)
        undo.callback(ends.close)
        _wait_for_start(engine, exec_id, ends, cmd)
        session = ExecSession(engine, exec_id, ends, tty=streams.tty)
        if streams.size is not None:
            session.resize(*streams.size)
        undo.pop_all()
    return session


def _exec_config(cmd: Sequence[str], streams: Streams) -> ExecConfig:
    config: ExecConfig = {
        "Cmd": list(cmd),
        "Tty": streams.tty,
        "AttachStdin": streams.stdin,
        "AttachStdout": streams.stdout or streams.tty,
        "AttachStderr": streams.stderr and not streams.tty,
    }
    if streams.size is not None:
        config["ConsoleSize"] = [streams.size.height, streams.size.width]
    return config


def open_attach(engine: DockerInterface, container_id: str, streams: Streams) -> StreamSession:
    """Connect to a running container's main process, as `StreamingService.open_attach`.

    Its input ends only where the container was made to read one input once; others' go on.
    """
    check_streams(f"attach to container '{container_id}'", streams)
    found = engine.inspect_container(container_id)
    if not found["State"]["Running"]:
        raise errors.FailedPrecondition(
            f"attach to container '{container_id}': it doesn't run; start it first"
        )
    keeps_input = not found["Config"].get("StdinOnce", False)
    hijacked = engine.hijack_attach(found["Id"], streams) if _hijacks(engine) else None
    ends: Ends
    if hijacked is not None:
        ends = HijackedEnds(hijacked, streams, keeps_input=keeps_input)
    else:
        attach = partial(engine.attach_to_container, found["Id"])
        ends = PumpedEnds(attach, streams, keeps_input=keeps_input)
    return AttachSession(engine, found["Id"], ends, tty=streams.tty)


def check_streams(what: str, streams: Streams) -> None:
    """Refuse wishes that make no sense.

    Raises:
        InvalidArgument: no stream at all, or a tty together with stderr.
    """
    if streams.tty and streams.stderr:
        raise errors.InvalidArgument(f"{what}: a tty has no stderr of its own; ask for one of them")
    if not (streams.stdin or streams.stdout or streams.stderr):
        raise errors.InvalidArgument(f"{what}: no stream is wanted; ask for at least one")


class _Session:
    def __init__(self, engine: DockerInterface, ends: Ends, *, tty: bool) -> None:
        self._engine = engine
        self._ends = ends
        self._tty = tty
        self._closing = threading.Lock()
        self._closed = False

    @property
    def stdin(self) -> Inlet | None:
        return self._ends.stdin

    @property
    def outputs(self) -> Sequence[Outlet]:
        return self._ends.outputs

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def resize(self, width: int, height: int) -> None:
        if not self._tty:
            return
        try:
            self._resize(height, width)
        except errors.Error:
            if not self._ended():
                raise

    def close(self) -> None:
        with self._closing:
            if self._closed:
                return
            self._closed = True
            self._let_go()
            self._ends.close()

    def _resize(self, height: int, width: int) -> None:
        raise NotImplementedError

    def _ended(self) -> bool:
        raise NotImplementedError

    def _let_go(self) -> None:
        """Do what else belongs to the end of the session."""


class ExecSession(_Session):
    """A command."""

    def __init__(self, engine: DockerInterface, exec_id: str, ends: Ends, *, tty: bool) -> None:
        super().__init__(engine, ends, tty=tty)
        self._exec_id = exec_id

    @property
    def exec_id(self) -> str:
        """The Engine's."""
        return self._exec_id

    def wait(self, timeout: float | None = None) -> int:
        end = None if timeout is None else time.monotonic() + timeout
        return _poll(f"wait for command '{self._exec_id}'", self._exit_code, end)

    def _exit_code(self) -> int | None:
        if self._ends.failure is not None:
            raise self._ends.failure
        try:
            return self._engine.inspect_exec(self._exec_id)["ExitCode"]
        except errors.NotFound as error:
            raise errors.Unavailable(
                f"wait for command '{self._exec_id}': the Engine doesn't know it any more; "
                "it was restarted, or the container was removed"
            ) from error

    def _resize(self, height: int, width: int) -> None:
        self._engine.resize_exec_tty(self._exec_id, height, width)

    def _ended(self) -> bool:
        return self._engine.inspect_exec(self._exec_id)["ExitCode"] is not None

    def _let_go(self) -> None:
        if self._tty:
            with suppress(errors.Error):
                hang_up(self._engine.inspect_exec(self._exec_id))


class AttachSession(_Session):
    """A connection to a container's main process."""

    def __init__(
        self, engine: DockerInterface, container_id: str, ends: Ends, *, tty: bool
    ) -> None:
        super().__init__(engine, ends, tty=tty)
        self._container_id = container_id

    def wait(self, timeout: float | None = None) -> int:
        end = None if timeout is None else time.monotonic() + timeout
        return _poll(f"wait for container '{self._container_id}'", self._exit_code, end)

    def _exit_code(self) -> int | None:
        state = self._engine.inspect_container(self._container_id)["State"]
        return None if state["Running"] else state["ExitCode"]

    def _resize(self, height: int, width: int) -> None:
        self._engine.resize_container_tty(self._container_id, height, width)

    def _ended(self) -> bool:
        return self._exit_code() is not None


def _exec_ends(engine: DockerInterface, exec_id: str, streams: Streams) -> Ends:
    hijacked = engine.hijack_exec(exec_id, tty=streams.tty) if _hijacks(engine) else None
    if hijacked is not None:
        return HijackedEnds(hijacked, streams)
    return PumpedEnds(partial(engine.start_exec, exec_id), streams)


def _wait_for_start(engine: DockerInterface, exec_id: str, ends: Ends, cmd: Sequence[str]) -> None:
    """Wait until the command runs, or has run.

    Raises:
        InvalidArgument: its program can't be executed.
    """

    def look() -> ExecInspect | None:
        if ends.failure is not None:
            raise ends.failure
        found = engine.inspect_exec(exec_id)
        ended = found["ExitCode"] is not None and ends.answered
        return found if found.get("Pid", found["Running"]) or ended else None

    end = time.monotonic() + (deadline.remaining(START_SECONDS) or START_SECONDS)
    found = _poll(f"start command '{exec_id}'", look, end)
    if not found.get("Pid") and found["ExitCode"] in _NOT_EXECUTABLE:
        raise errors.InvalidArgument(f"start {cmd[0]!r}: {_said(ends) or 'it can not be executed'}")


def _said(ends: Ends) -> str:
    """Read what the Engine says of a command that never began."""
    said = bytearray()
    for outlet in ends.outputs:
        while data := os.read(outlet.fd, 65536):
            said += b"".join(piece for _, piece in outlet.decode(data))
    return said.decode(errors="replace").strip()


def _poll(what: str, look: Callable[[], T | None], end: float | None) -> T:
    """Look again and again, in growing pauses; a call of the Engine's says nothing by itself.

    Raises:
        DeadlineExceeded: there is still nothing at `end`, by the monotonic clock.
    """
    pause = _FIRST_PAUSE
    while (found := look()) is None:
        left = pause if end is None else end - time.monotonic()
        if left <= 0:
            raise errors.DeadlineExceeded(f"{what}: the time is up")
        time.sleep(min(pause, left))
        pause = min(pause * 2, _LONGEST_PAUSE)
    return found


def _hijacks(engine: object) -> TypeGuard[DockerHijack]:
    return isinstance(engine, DockerHijack)
