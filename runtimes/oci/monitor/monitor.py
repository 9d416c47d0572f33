"""The seam: start a program that creates a container, outlives us, and notes how it ends.

Both implementations are programs that speak conmon's protocol:

- environment ``_OCI_SYNCPIPE``: a descriptor on which one JSON line comes back, ``{"pid": N}`` or
  ``{"pid": -1, "message": "..."}``;
- ``--exit-dir D``: the exit code appears as the file D/<id>, by rename;
- a fifo ``ctl`` in the bundle takes lines ``<command> <a> <b>``: 1 resizes the terminal to a rows
  and b columns, 2 reopens the log;
- a socket ``attach`` of packets in the bundle: out comes a byte, 2 for stdout and 3 for stderr, and
  what the container wrote; in goes its input, at most 32767 bytes a packet;
- the log is in the CRI's format: ``<RFC 3339 time> stdout|stderr P|F <text>``.
"""

from __future__ import annotations

import errno
import json
import os
import select
import subprocess
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import deadline, errors
from runtimes.core.cgroup.wait import wait_until
from runtimes.core.host.process import Process, identify
from runtimes.oci.runtime.refusal import refusal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_CREATE_SECONDS = 120.0
_REOPEN_SECONDS = 5.0
_STARTER_SECONDS = 1.0
_TRACES = ("attach", "console.sock", "ctl", "exit", "init.pid", "monitor.pid", "oom", "winsz")


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateRequest:
    """A container to create.

    Attributes:
        bundle: holds config.json; the monitor adds its fifos and pid files.
        runtime: argv of the OCI runtime up to, without, the word ``create``; absolute.
        exit_dir: where the exit code goes.
        log_path: absolute; empty for no log.
        stdin: keep a pipe open to the container's stdin.
        stdin_once: close that pipe when the first client that attached to it leaves.
        tty: give it a terminal.
    """

    container_id: str
    bundle: Path
    runtime: Sequence[str]
    exit_dir: Path
    log_path: str = ""
    stdin: bool = False
    stdin_once: bool = False
    tty: bool = False


@dataclass(frozen=True, slots=True)
class Created:
    """A container whose init waits to be released, and who watches it."""

    process: Process
    monitor: Process


@dataclass(frozen=True, slots=True)
class Monitor:
    """A program that speaks the protocol.

    Attributes:
        name: ``conmon`` or ``python``.
        program: its argv up to the options.
    """

    name: str
    program: tuple[str, ...]

    def create(self, request: CreateRequest) -> Created:
        """Create the container; its init is stopped before the program is executed.

        Raises:
            InvalidArgument: the runtime says that the program isn't there or can't be executed.
            Internal: the runtime or the monitor failed; the message is theirs.
            DeadlineExceeded: no answer in time; what was started still runs, see `leftovers`.
        """
        with ExitStack() as closing:
            reader, writer = os.pipe()
            closing.callback(os.close, reader)
            with ExitStack() as handed:
                handed.callback(os.close, writer)
                complaints = handed.enter_context((request.bundle / "monitor.err").open("wb"))
                starter = self._spawn(request, writer, complaints.fileno())
            closing.callback(_collect, starter)
            answer = _read_line(reader, request.container_id)
        return self._understand(answer, request)

    def _spawn(self, request: CreateRequest, sync: int, complaints: int) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                [*self.program, *arguments(request)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=complaints,
                pass_fds=(sync,),
                env={**_environment(), "_OCI_SYNCPIPE": str(sync)},
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            raise errors.Unavailable(
                f"start container '{request.container_id}': {self.program[0]}: {error.strerror}; "
                "install conmon, or choose the monitor 'python'"
            ) from error

    def _understand(self, answer: bytes, request: CreateRequest) -> Created:
        try:
            told = json.loads(answer)
            pid, message = int(told["pid"]), str(told.get("message", ""))
        except (ValueError, KeyError, TypeError):
            pid, message = -1, (request.bundle / "monitor.err").read_text(errors="replace")
        if pid <= 0:
            raise refusal(
                f"start container '{request.container_id}'",
                message.strip() or f"{self.name} gave no answer",
            )
        process = identify(pid)
        monitor = identify(int((request.bundle / "monitor.pid").read_text()))
        if process is None or monitor is None:
            raise errors.Internal(
                f"start container '{request.container_id}': it ended before its program began"
            )
        return Created(process, monitor)

    def reopen_log(self, bundle: Path, log_path: Path, monitor: Process) -> None:
        """Make the monitor write to the file at `log_path`; return once it does.

        Raises:
            FailedPrecondition: no monitor listens.
            DeadlineExceeded: it doesn't react.
        """
        if _has_open(monitor, log_path):
            return
        try:
            descriptor = os.open(bundle / "ctl", os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            if error.errno in {errno.ENXIO, errno.ENOENT}:
                raise errors.FailedPrecondition(
                    f"reopen the log '{log_path}': the container's monitor is gone"
                ) from error
            raise
        try:
            os.write(descriptor, b"2 0 0\n")
        finally:
            os.close(descriptor)
        if not wait_until(lambda: _has_open(monitor, log_path), _REOPEN_SECONDS):
            raise errors.DeadlineExceeded(
                f"reopen the log '{log_path}': the container's monitor does not react"
            )


def arguments(request: CreateRequest) -> list[str]:
    """The options for one container. Source: conmon(8)."""
    bundle = request.bundle
    runtime, *before_create = request.runtime
    words = [
        *("-c", request.container_id, "-u", request.container_id, "-n", request.container_id),
        *("-r", runtime, "-b", str(bundle)),
        *("-p", str(bundle / "init.pid"), "-P", str(bundle / "monitor.pid")),
        *("--exit-dir", str(request.exit_dir), "--persist-dir", str(bundle), "--full-attach"),
        *("-l", f"k8s-file:{request.log_path}" if request.log_path else "none"),
        *(word for argument in before_create for word in ("--runtime-arg", argument)),
    ]
    if request.tty:
        words.append("-t")
    if request.stdin:
        words.append("-i")
        if not request.stdin_once:
            words.append("--leave-stdin-open")
    return words


def remove_traces(bundle: Path) -> None:
    """Remove what a monitor that is gone left in its bundle, before another one works there."""
    for name in _TRACES:
        (bundle / name).unlink(missing_ok=True)


def _collect(starter: subprocess.Popen[bytes]) -> None:
    """Wait for the program's first process; the one that watches was forked off it."""
    try:
        starter.wait(_STARTER_SECONDS)
    except subprocess.TimeoutExpired:
        starter.kill()
        starter.wait()


def _environment() -> dict[str, str]:
    """What a runtime needs of ours, without the user's variables that could change its mind."""
    return {
        name: os.environ[name] for name in ("PATH", "XDG_RUNTIME_DIR") if name in os.environ
    } | {"LISTEN_FDS": "0"}


def _read_line(descriptor: int, container_id: str) -> bytes:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    patience = deadline.remaining(_CREATE_SECONDS)
    until = time.monotonic() + (_CREATE_SECONDS if patience is None else patience)
    answer = b""
    while not answer.endswith(b"\n"):
        left = until - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000):
            raise errors.DeadlineExceeded(
                f"start container '{container_id}': the runtime did not answer in time"
            )
        chunk = os.read(descriptor, 65536)
        if not chunk:
            break
        answer += chunk
    return answer


def _has_open(process: Process, path: Path) -> bool:
    """Whether a process has the file that is at `path` now open."""
    try:
        wanted = path.stat()
        descriptors = list(os.scandir(f"/proc/{process.pid}/fd"))
    except OSError:
        return False
    return any(_is(descriptor, wanted) for descriptor in descriptors)


def _is(entry: os.DirEntry[str], wanted: os.stat_result) -> bool:
    try:
        return os.path.samestat(entry.stat(), wanted)
    except OSError:
        return False
