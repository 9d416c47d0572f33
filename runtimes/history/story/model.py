"""The recording, as it is kept in a file and as pages are made of it."""

from __future__ import annotations

from typing import Literal

import msgspec

from runtimes.core import errors, typed_json

FORMAT = "runtimes-history"
VERSION = 1
SERVER = "runtimes serve"
"""The process that serves a backend."""
State = Literal["ran", "failed", "unusable"]
Layer = Literal["pod", "cri", "docker", "grpc", "http", "program"]
Phase = Literal["start", "stop"]


class Lifeline(msgspec.Struct, frozen=True, kw_only=True):
    """One column of a sequence diagram.

    Attributes:
        kind: code in a process of ours, a process, or the containers' first processes.
        where: the process that it lives in, or what it is.
    """

    name: str
    kind: Literal["layer", "process", "container"]
    where: str = ""


class Row(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One call, or one program that was started, or several equal ones in a row.

    Attributes:
        depth: how many others it was made inside.
        source: the lifeline that it came from.
        at_ms: since the phase began.
        ms: that it took, of all `times` together; None for a program that went on.
        detail: the whole command line of a program.
    """

    phase: Phase
    depth: int
    layer: Layer
    source: str
    target: str
    name: str
    at_ms: float
    ms: float | None
    times: int = 1
    error: str = ""
    detail: str = ""


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """One process that has to live for the container's, from the client to its first process.

    Attributes:
        reached: how the one before reaches it.
        size_bytes: of its program's file, 0 when unknown.
    """

    name: str
    reached: Literal["", "grpc", "http", "socket", "fork"] = ""
    size_bytes: int = 0


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What one era's run tells.

    Attributes:
        why: what kept it from running, and what to do.
        runtime: name and version, as it answers.
        lines: of code that our processes had loaded, by distribution.
        deaf: why programs are missing, empty when they aren't.
    """

    era: str
    state: State
    why: str = ""
    runtime: str = ""
    start_ms: float = 0.0
    stop_ms: float = 0.0
    lifelines: tuple[Lifeline, ...] = ()
    rows: tuple[Row, ...] = ()
    chain: tuple[Link, ...] = ()
    lines: dict[str, int] = {}
    deaf: str = ""

    def calls(self, layer: Layer, phase: Phase = "start") -> int:
        """How many there were of a layer; one that a server only hands on isn't another one."""
        return sum(
            row.times
            for row in self.rows
            if (row.layer, row.phase) == (layer, phase) and row.source != SERVER
        )

    @property
    def between(self) -> int | None:
        """Processes between the client's and the container's first; None if they weren't seen."""
        return len(self.chain) - 2 if self.chain else None

    @property
    def code(self) -> int:
        """Lines of our code, of all distributions."""
        return sum(self.lines.values())


class Host(msgspec.Struct, frozen=True, kw_only=True):
    kernel: str
    machine: str
    python: str
    cpus: int


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """Attributes:
    began: UTC, ISO 8601.
    pod: its name.
    manifest: as it was given.
    runs: how many times each era ran the pod; the one that started quickest is told.
    """

    format: str = FORMAT
    version: int = VERSION
    began: str
    host: Host
    pod: str
    manifest: str
    runs: int
    eras: tuple[Told, ...]


def dump(recording: Recording) -> str:
    packed = msgspec.json.encode(recording)
    return msgspec.json.format(packed, indent=1).decode() + "\n"


def load(text: str | bytes) -> Recording:
    """Read a recording.

    Raises:
        InvalidArgument: it is none, or of a version that isn't known here.
    """
    try:
        found = typed_json.decode(text, Recording)
    except msgspec.DecodeError as error:
        raise errors.InvalidArgument(f"read the recording: {error}") from error
    if (found.format, found.version) != (FORMAT, VERSION):
        raise errors.InvalidArgument(
            f"read the recording: it is {found.format} {found.version}, "
            f"this is {FORMAT} {VERSION}; record it again"
        )
    return found
