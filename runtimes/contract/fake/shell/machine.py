"""What running commands share: files, programs, streams, time and a journal of what was done."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from runtimes.contract.fake.filesystem import FileView

Steps = Generator[float | None, None, int]
"""A running command: yields seconds to sleep, or None to wait for children; returns its status."""


class Sink(Protocol):
    def write(self, data: bytes) -> None: ...


@dataclass(slots=True)
class Buffer:
    """Output that is collected: of a substitution, a pipe, an ExecSync."""

    data: bytearray = field(default_factory=bytearray)

    def write(self, data: bytes) -> None:
        self.data += data


class Discard:
    """``/dev/null``."""

    def write(self, data: bytes) -> None:
        pass


@dataclass(frozen=True, slots=True)
class FileSink:
    """A redirection into a file."""

    view: FileView
    path: str

    def write(self, data: bytes) -> None:
        self.view.write(self.path, data, append=True)


@dataclass(slots=True)
class Input:
    """Standard input that is there from the start."""

    data: bytes = b""

    def read(self) -> bytes:
        data, self.data = self.data, b""
        return data

    def line(self) -> bytes | None:
        """The next line with its end, None at the end of the input."""
        if not self.data:
            return None
        line, newline, self.data = self.data.partition(b"\n")
        return line + newline


@dataclass(frozen=True, slots=True)
class Io:
    stdin: Input
    stdout: Sink
    stderr: Sink


@dataclass(frozen=True, slots=True)
class Entry:
    """A command that was carried out: its status, and its output where that was collected."""

    status: int
    output: bytes = b""


@dataclass(slots=True)
class Journal:
    """What one task did. A task that is built anew skips the commands that stand here."""

    entries: list[Entry] = field(default_factory=list)
    read: int = 0

    @property
    def replaying(self) -> bool:
        return self.read < len(self.entries)

    def next(self) -> Entry:
        self.read += 1
        return self.entries[self.read - 1]

    def append(self, entry: Entry) -> None:
        self.entries.append(entry)
        self.read = len(self.entries)


@dataclass(frozen=True, slots=True)
class Invocation:
    """One program with all it may use; `main` for the container's own process."""

    argv: tuple[str, ...]
    io: Io
    env: dict[str, str]
    cwd: str
    machine: Machine
    journal: Journal
    main: bool = False


Program = Callable[[Invocation], Steps]


@dataclass(slots=True)
class Machine:
    """One container's insides.

    Attributes:
        now_ns: the virtual time of the command that runs.
        traps: what the main shell does on a signal: shell text, empty to ignore it.
        pending: signals that its traps have not handled yet.
        spawn: starts a background task and returns its pid.
        hostname, uid, gid: of the main process; an exec has the same.
    """

    view: FileView
    programs: dict[str, Program]
    now_ns: int
    hostname: str
    uid: int
    gid: int
    groups: tuple[int, ...]
    traps: dict[int, str] = field(default_factory=dict)
    pending: list[int] = field(default_factory=list)
    spawn: Callable[[Callable[[Journal], Steps]], int] = lambda _steps: 0

    def find(self, name: str) -> Program | None:
        """The program that `name` or a path in a bin folder means; None when there is none."""
        folder, _, base = name.rpartition("/")
        if folder in ("", "/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin"):
            return self.programs.get(base)
        return self.programs.get(name)
