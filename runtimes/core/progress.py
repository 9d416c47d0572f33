"""Progress of long work (pulls, imports), told to whoever listens, without a parameter for it."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of one item, e.g. a layer.

    Attributes:
        item: what moves: a short digest, a file name.
        phase: ``resolving``, ``downloading``, ``unpacking``, ``done``, ``exists``.
        done_bytes: bytes so far in this phase.
        total_bytes: 0 when unknown.
    """

    item: str
    phase: str
    done_bytes: int = 0
    total_bytes: int = 0


_listener: ContextVar[Callable[[Progress], None] | None] = ContextVar(
    "runtimes_progress", default=None
)


@contextmanager
def listen(listener: Callable[[Progress], None]) -> Iterator[None]:
    """Call `listener` for all progress made inside; it may be called from several threads."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def report(progress: Progress) -> None:
    """Tell the listener of this context, if there is one."""
    listener = _listener.get()
    if listener is not None:
        listener(progress)
