"""What is caught while a Pod runs: hops of our own code, and programs as the kernel tells of them.

Times are nanoseconds of the monotonic clock, which all processes and the kernel share.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from runtimes.core.hops import Layer  # noqa: TC001 - read by msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence


class Span(msgspec.Struct, frozen=True):
    begin_ns: int
    end_ns: int

    @property
    def length_ns(self) -> int:
        return self.end_ns - self.begin_ns

    def holds(self, at_ns: int) -> bool:
        return self.begin_ns <= at_ns <= self.end_ns


class Hop(msgspec.Struct, frozen=True, tag="hop"):
    """One call that left a layer.

    Attributes:
        pid: of the process that called.
        number: of the hop among those of its process.
        inside: the hop that it was made in, 0 for none that is known.
        peer: where it went on a wire, else empty.
        error: the kind of error that it ended with, else empty.
    """

    pid: int
    number: int
    inside: int
    layer: Layer
    call: str
    peer: str
    begin_ns: int
    end_ns: int
    error: str = ""


class Loaded(msgspec.Struct, frozen=True, tag="loaded"):
    """Lines of code that a process of ours had loaded at its end, by distribution."""

    pid: int
    lines: dict[str, int]


UNREAD = "?"
"""The name of a program that had ended before it could be looked at."""


def name_of(argv: Sequence[str]) -> str:
    """A program's name; its module's where a Python runs one."""
    if not argv:
        return UNREAD
    program = argv[0].rpartition("/")[2]
    module = next((after for word, after in pairwise(argv[:4]) if word == "-m"), "")
    return f"{program} -m {module.rpartition('.')[2]}" if module else program


class Process(msgspec.Struct, frozen=True):
    """One process while it ran.

    Attributes:
        argv: what it was started with; a kernel that lost it gives its short name alone.
        size_bytes: of its program's file; 0 when that can't be read.
    """

    pid: int
    argv: tuple[str, ...]
    size_bytes: int = 0

    @property
    def name(self) -> str:
        return name_of(self.argv)


class Life(msgspec.Struct, frozen=True, tag="life"):
    """How a pod's run went.

    Attributes:
        runtime: name and version, as it answers.
        phases: ``start`` and ``stop``.
        ids: of its sandboxes and containers.
        ancestry: of a container's first process: itself, its parent, and so on.
    """

    pid: int
    runtime: str
    phases: dict[str, Span]
    ids: tuple[str, ...]
    ancestry: tuple[Process, ...]


class Failure(msgspec.Struct, frozen=True, tag="failure"):
    """Why a pod couldn't be run."""

    message: str


Line: TypeAlias = Hop | Loaded | Life | Failure


class Forked(msgspec.Struct, frozen=True, tag="fork"):
    at_ns: int
    parent: int
    child: int


class Executed(msgspec.Struct, frozen=True, tag="exec"):
    """Attributes:
    first: it is the first process of a pid namespace.
    cgroups: the paths of its control groups, one a line.
    """

    at_ns: int
    process: Process
    first: bool = False
    cgroups: str = ""


class Ended(msgspec.Struct, frozen=True, tag="exit"):
    """`code` is the exit code, negative for a signal."""

    at_ns: int
    pid: int
    code: int


Event: TypeAlias = Forked | Executed | Ended
