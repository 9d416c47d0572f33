"""Exec, as a session of descriptors.

The runtime's program is the parent: it ends with the command's exit code. The command's output goes
through the pump, which ends the session's pipes when the command has ended.

Source: CRI Exec; containerd/containerd#9568 (a child that holds the output).
"""

from __future__ import annotations

import errno
import os
import subprocess
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import deadline, errors
from runtimes.core.streaming.request import check_exec
from runtimes.core.streaming.session import Channel
from runtimes.oci.container import launch
from runtimes.oci.container.command import Command
from runtimes.oci.stream.console import Console
from runtimes.oci.stream.ends import End, PipeInlet, PlainOutlet, TerminalInlet
from runtimes.oci.stream.pump import PUMP
from runtimes.oci.stream.session import Session
from runtimes.oci.stream.targets import Copied, Pipe, Terminal

if TYPE_CHECKING:
    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.core.streaming.session import Size
    from runtimes.oci.engine import Engine
    from runtimes.oci.state.record import ContainerRecord

_START_SECONDS = 120.0
_COMPLAINT = 8192


def open_exec(engine: Engine, request: cri.ExecRequest, size: Size | None = None) -> Session:
    """Run a command in a running container; return once it runs.

    crun 1.8 sets a terminal's `size` a moment after the command has begun, runc before.

    Raises:
        NotFound: no such container.
        FailedPrecondition: it isn't running.
        InvalidArgument: the request contradicts itself, or its program can't be executed.
        ResourceExhausted: this process has no descriptors left.
    Source: CRI Exec.
    """
    check_exec(request)
    record = launch.running(engine, request.container_id, "exec in")
    action = f"exec {list(request.cmd)} in container '{record.id}'"
    try:
        with ExitStack() as undo:
            files = undo.enter_context(
                launch.Files(engine, record, request.cmd, tty=request.tty, size=size)
            )
            start = _Start(engine, record, files, action)
            made = _with_terminal(start, request) if request.tty else _with_pipes(start, request)
            undo.pop_all()
    except OSError as error:
        if error.errno not in {errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM}:
            raise
        raise errors.ResourceExhausted(
            f"{action}: {error.strerror}; close sessions, or raise the limit of open files"
        ) from error
    return made


@dataclass(frozen=True, slots=True)
class _Start:
    engine: Engine
    record: ContainerRecord
    files: launch.Files
    action: str

    def spawn(self, stdio: tuple[int, int, int], undo: ExitStack, console: str = "") -> Command:
        runtime = self.engine.runtime_of(self.record)
        files = self.files
        runner = subprocess.Popen(
            runtime.exec_argv(self.record.id, files.spec, files.pid, console=console),
            stdin=stdio[0],
            stdout=stdio[1],
            stderr=stdio[2],
            start_new_session=True,
            cwd="/",
        )
        command = Command(self.action, runner, files, self.record.process)
        undo.callback(command.kill)
        return command


def _with_pipes(start: _Start, request: cri.ExecRequest) -> Session:
    with ExitStack() as undo:
        with ExitStack() as handed:
            nothing = (handed.enter_context(launch.no_input()), None)
            given, stdin = _inlet(undo, handed) if request.stdin else nothing
            outputs = [
                _Output(undo, handed, Channel.STDOUT if request.stdout else None),
                _Output(undo, handed, Channel.STDERR if request.stderr else None),
            ]
            command = start.spawn((given, outputs[0].given, outputs[1].given), undo)
        command.await_start(outputs[1].complaint)
        command.watch([PUMP.add(output.source, output.target) for output in outputs])
        undo.pop_all()
    return Session(command, stdin, tuple(each.outlet for each in outputs if each.outlet))


def _inlet(undo: ExitStack, handed: ExitStack) -> tuple[int, PipeInlet]:
    reader, writer = os.pipe()
    handed.callback(os.close, reader)
    inlet = PipeInlet(writer)
    undo.callback(inlet.close)
    return reader, inlet


class _Output:
    """One output of a command: its own pipe, and the session's, unless nobody wants to read it.

    Attributes:
        given: what the command writes to.
        source, target: what the pump joins.
    """

    def __init__(self, undo: ExitStack, handed: ExitStack, channel: Channel | None) -> None:
        self.source, self.given = os.pipe()
        undo.callback(os.close, self.source)
        handed.callback(os.close, self.given)
        self.outlet: PlainOutlet | None = None
        if channel is None:
            writer = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
        else:
            reader, writer = os.pipe()
            self.outlet = PlainOutlet(reader, channel)
            undo.callback(self.outlet.close)
        self.target = Pipe(writer)
        undo.callback(self.target.finish)

    def complaint(self) -> str:
        """What a runtime that failed has written."""
        return os.read(self.source, _COMPLAINT).decode(errors="replace")


def _with_terminal(start: _Start, request: cri.ExecRequest) -> Session:
    files = start.files
    nothing = subprocess.DEVNULL
    with ExitStack() as undo, Console(files.spec.parent, files.spec.stem) as console:
        with files.complaints.open("wb") as complaints:
            command = start.spawn((nothing, nothing, complaints.fileno()), undo, console.path)
        master = _master(command, console)
        command.terminal = End(master)
        undo.callback(command.terminal.close)
        command.await_start(lambda: _complaint(files, master))
        reader, writer = os.pipe()
        outlet = PlainOutlet(reader, Channel.STDOUT if request.stdout else None)
        undo.callback(outlet.close)
        command.watch([PUMP.add(os.dup(master), Copied(writer))])
        inlet = _terminal_inlet(os.dup(master)) if request.stdin else None
        undo.pop_all()
    return Session(command, inlet, (outlet,))


def _complaint(files: launch.Files, master: int) -> str:
    """What a runtime that failed has written: crun's child writes to the terminal it just made."""
    said = files.complaints.read_bytes()
    with suppress(OSError):  # there is no terminal, or nobody has it any more
        said += os.read(master, _COMPLAINT)
    return said.decode(errors="replace")


def _terminal_inlet(master: int) -> TerminalInlet:
    reader, writer = os.pipe()
    terminal = Terminal(master)
    PUMP.add(reader, terminal)
    return TerminalInlet(writer, terminal)


def _master(command: Command, console: Console) -> int:
    """The terminal; -1 when the runtime failed before it made one."""
    ended = os.pidfd_open(command.runner.pid)
    try:
        return console.take(ended, deadline.remaining(_START_SECONDS))
    finally:
        os.close(ended)
