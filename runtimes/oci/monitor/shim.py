"""A container monitor in Python, for hosts without conmon: a program, never imported by others.

    python -I -S shim.py -c ID -b BUNDLE -r RUNTIME [--runtime-arg WORD]... -p FILE -P FILE
        --exit-dir DIR -l k8s-file:PATH|none [-t] [-i] [--leave-stdin-open]

It speaks the part of conmon's protocol that `runtimes.oci.monitor.monitor` describes. It forks
once, becomes the subreaper of what the runtime leaves behind, copies the container's output to the
log and to whoever is attached, and ends after writing the container's exit code. Nothing but the
standard library's smallest modules is imported: 9 MB and 15 ms a container.

The log's pieces: what a read brought without a final newline is written at once, marked P.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import struct
import sys
import termios
import time

TYPE_CHECKING = False  # the module typing costs 11 ms
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from runtimes.oci.monitor.shim_clients import Clients, Poll
else:
    sys.path.append(__file__.rpartition("/")[0])
    from shim_clients import Clients, Poll

CHUNK = 16384
FLAGS = {"-t", "-i", "--leave-stdin-open", "--full-attach"}
PR_SET_CHILD_SUBREAPER = 36
MAX_MESSAGE = 8192
ATTACHED = {b"stdout": b"\2", b"stderr": b"\3"}  # the first byte of clients' packets


def parse(words: list[str]) -> tuple[dict[str, str], list[str]]:
    """Split the command line into options and the runtime's arguments."""
    options: dict[str, str] = {}
    runtime_arguments = []
    rest = iter(words)
    for word in rest:
        if word in FLAGS:
            options[word] = "yes"
        elif word == "--runtime-arg":
            runtime_arguments.append(next(rest))
        else:
            options[word] = next(rest)
    return options, runtime_arguments


def become_subreaper() -> None:
    import ctypes

    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


class Log:
    """The container's log file in the CRI's format; with an empty path, nothing is kept."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._second = 0
        self._stamp = b""
        self._file = self._open()

    def _open(self) -> int:
        target = self._path or os.devnull
        return os.open(target, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)

    def reopen(self) -> None:
        os.close(self._file)
        self._file = self._open()

    def write(self, stream: bytes, data: bytes) -> None:
        head = self._now() + b" " + stream
        lines = data.split(b"\n")
        tail = lines.pop()
        text = b"".join(head + b" F " + line + b"\n" for line in lines)
        if tail:
            text += head + b" P " + tail + b"\n"
        while text:
            text = text[os.write(self._file, text) :]

    def _now(self) -> bytes:
        second, fraction = divmod(time.time_ns(), 1_000_000_000)
        if second != self._second:
            self._second = second
            self._stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second)).encode()
        return self._stamp + b".%09dZ" % fraction


class Streams:
    """The ends of the container's stdio that stay here: descriptor -> stream name."""

    def __init__(self) -> None:
        self.readers: dict[int, bytes] = {}
        self.terminal = -1
        self.stdin = -1  # held open until a client ends it; the terminal, where there is one


class Stdio:
    """Three descriptors for the runtime, whose container inherits them."""

    def __init__(self, *, with_stdin: bool, with_terminal: bool) -> None:
        self.streams = Streams()
        self.console_socket: socket.socket | None = None
        null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        errors_reader, errors_writer = os.pipe()
        self.streams.readers[errors_reader] = b"stderr"
        self.given = [null, null, errors_writer]
        if with_terminal:
            self.console_socket = listen()
            return
        reader, writer = os.pipe()
        self.streams.readers[reader] = b"stdout"
        self.given[1] = writer
        if with_stdin:
            self.given[0], self.streams.stdin = os.pipe()

    def close_given(self) -> None:
        for descriptor in set(self.given):
            os.close(descriptor)


def listen() -> socket.socket:
    """Wait for the terminal at console.sock in the working directory: the bundle."""
    import socket

    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    if os.path.lexists("console.sock"):
        os.unlink("console.sock")  # noqa: PTH108
    server.bind("console.sock")
    server.listen(1)
    return server


def take_terminal(server: socket.socket) -> int:
    """Receive the terminal's master that the runtime sent."""
    import socket

    connection, _ = server.accept()
    _, descriptors, _, _ = socket.recv_fds(connection, 4096, 1)
    connection.close()
    server.close()
    os.unlink("console.sock")  # noqa: PTH108
    return descriptors[0]


def spawn(argv: list[str], stdio: list[int]) -> int:
    actions = [(os.POSIX_SPAWN_DUP2, source, target) for target, source in enumerate(stdio)]
    return os.posix_spawn(argv[0], argv, os.environ, file_actions=actions)


def runtime_argv(options: dict[str, str], runtime_arguments: list[str]) -> list[str]:
    argv = [options["-r"], *runtime_arguments, "create", "--bundle", options["-b"]]
    argv += ["--pid-file", options["-p"]]
    if "-t" in options:
        argv += ["--console-socket", f"/proc/{os.getpid()}/cwd/console.sock"]
    return [*argv, options["-c"]]


def answer(sync: int, pid: int, message: str = "") -> None:
    text = f'{{"pid": {pid}}}\n'
    if message:
        import json

        text = json.dumps({"pid": pid, "message": message}) + "\n"
    try:  # noqa: SIM105 -- contextlib costs 2 ms
        os.write(sync, text.encode())
    except BrokenPipeError:
        pass  # who asked was killed; the container is recovered or undone by the next one
    os.close(sync)


def create(options: dict[str, str], runtime_arguments: list[str], sync: int) -> tuple[int, Streams]:
    """Run the runtime's create; exit after telling why if it fails."""
    stdio = Stdio(with_stdin="-i" in options, with_terminal="-t" in options)
    creator = spawn(runtime_argv(options, runtime_arguments), stdio.given)
    stdio.close_given()
    _, status = os.waitpid(creator, 0)
    if status != 0:
        complaint = next(fd for fd, name in stdio.streams.readers.items() if name == b"stderr")
        os.set_blocking(complaint, False)
        answer(sync, -1, drain(complaint).decode(errors="replace")[-MAX_MESSAGE:])
        os._exit(1)
    if stdio.console_socket is not None:
        stdio.streams.terminal = take_terminal(stdio.console_socket)
        stdio.streams.stdin = os.dup(stdio.streams.terminal)
        stdio.streams.readers[stdio.streams.terminal] = b"stdout"
    with open(options["-p"]) as file:  # noqa: PTH123
        return int(file.read()), stdio.streams


def drain(descriptor: int) -> bytes:
    """Read what is there and no more."""
    pieces = []
    while piece := read(descriptor):
        pieces.append(piece)
    return b"".join(pieces)


def read(descriptor: int) -> bytes:
    """Read a chunk; empty at the end, and when nothing is there now."""
    try:
        return os.read(descriptor, CHUNK)
    except (BlockingIOError, OSError):  # EIO: the last holder of the terminal is gone
        return b""


class Loop:
    """Copies output and obeys the control fifo until the container's init has ended."""

    def __init__(self, pid: int, streams: Streams, log: Log, *, once: bool) -> None:
        self._pid = pid
        self._streams = streams
        self._log = log
        self._poll = Poll()
        self._commands = b""
        self._running = True
        # Opened for writing too, so that the last writer's leaving is not an end of file.
        self._control = os.open("ctl", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        self._poll.watch(os.pidfd_open(pid), self._end, select.POLLIN)
        self._poll.watch(self._control, self._obey, select.POLLIN)
        for descriptor in streams.readers:
            os.set_blocking(descriptor, False)
            self._poll.watch(descriptor, self._copier(descriptor), select.POLLIN)
        self._clients = Clients(self._poll, streams.stdin, once=once and streams.terminal < 0)

    def run(self) -> int:
        """Return the exit code: 128 + the signal where one killed it."""
        while self._running:
            self._poll.step()
        for descriptor in self._streams.readers:
            while self._copy(descriptor):
                pass
        _, status = os.waitpid(self._pid, 0)
        code = os.waitstatus_to_exitcode(status)
        return code if code >= 0 else 128 - code

    def _end(self, _events: int) -> None:
        self._running = False

    def _copier(self, descriptor: int) -> Callable[[int], None]:
        def copy(_events: int) -> None:
            if not self._copy(descriptor):
                self._poll.forget(descriptor)

        return copy

    def _copy(self, descriptor: int) -> bool:
        """Copy a chunk to the log and the clients; False at the end, and when nothing is there."""
        data = read(descriptor)
        if data:
            stream = self._streams.readers[descriptor]
            self._log.write(stream, data)
            self._clients.send(ATTACHED[stream] + data)
        return bool(data)

    def _obey(self, _events: int) -> None:
        *lines, self._commands = (self._commands + read(self._control)).split(b"\n")
        for line in lines:
            words = line.split()
            if words[:1] == [b"2"]:
                self._log.reopen()
            elif words[:1] == [b"1"] and len(words) == 3 and self._streams.terminal >= 0:
                size = struct.pack("HHHH", int(words[1]), int(words[2]), 0, 0)
                fcntl.ioctl(self._streams.terminal, termios.TIOCSWINSZ, size)


def reap_orphans(init: int) -> None:
    """Collect what the container's processes left to us, but not its init."""

    def collect(_signal: int, _frame: object) -> None:
        while True:
            try:
                child = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if child is None or child.si_pid == init:
                return
            os.waitpid(child.si_pid, 0)

    signal.signal(signal.SIGCHLD, collect)


def write_exit(directory: str, container_id: str, code: int) -> None:
    temporary = f"{directory}/.{container_id}.tmp"
    with open(temporary, "w") as file:  # noqa: PTH123
        file.write(str(code))
    os.rename(temporary, f"{directory}/{container_id}")  # noqa: PTH104


def watch(options: dict[str, str], runtime_arguments: list[str], sync: int) -> None:
    os.setsid()
    become_subreaper()
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    os.chdir(options["-b"])
    if not os.path.lexists("ctl"):
        os.mkfifo("ctl", 0o600)
    driver, _, path = options["-l"].partition(":")
    log = Log(path if driver == "k8s-file" else "")
    pid, streams = create(options, runtime_arguments, sync)
    loop = Loop(pid, streams, log, once="--leave-stdin-open" not in options)
    reap_orphans(pid)
    answer(sync, pid)
    write_exit(options["--exit-dir"], options["-c"], loop.run())


def main() -> None:
    options, runtime_arguments = parse(sys.argv[1:])
    sync = int(os.environ.pop("_OCI_SYNCPIPE"))
    os.set_inheritable(sync, False)  # noqa: FBT003 -- it takes no keyword
    child = os.fork()
    if child:
        with open(options["-P"], "w") as file:  # noqa: PTH123
            file.write(str(child))
        os._exit(0)
    try:
        watch(options, runtime_arguments, sync)
    except BaseException as error:
        answer(sync, -1, f"{type(error).__name__}: {error}")
        raise


if __name__ == "__main__":
    main()
