"""The caller's patience, carried beside the call instead of through every signature.

    with deadline.within(2.0):
        service.list_containers()

Source: Go's context.Context, as kubelet's CRI client uses it.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from threading import Lock

_expiry: ContextVar[float | None] = ContextVar("runtimes_deadline", default=None)
_given_up: ContextVar[Callable[[], bool] | None] = ContextVar("runtimes_given_up", default=None)
_LOOK = 0.05


@contextmanager
def within(seconds: float | None) -> Iterator[None]:
    """Bound everything called inside to `seconds` from now; None adds no bound.

    Nested bounds only ever shorten. Threads don't inherit it: run them in a copied context.
    """
    outer = _expiry.get()
    inner = None if seconds is None else time.monotonic() + seconds
    bounds = [bound for bound in (outer, inner) if bound is not None]
    token = _expiry.set(min(bounds, default=None))
    try:
        yield
    finally:
        _expiry.reset(token)


@contextmanager
def unless(given_up: Callable[[], bool]) -> Iterator[None]:
    """End the patience of everything called inside once `given_up` answers True.

    For callers that may go away before their deadline. It is asked often and from other threads.
    Only work that looks again while it waits can notice.
    """
    outer = _given_up.get()
    token = _given_up.set(given_up if outer is None else lambda: outer() or given_up())
    try:
        yield
    finally:
        _given_up.reset(token)


def remaining(default: float | None = None) -> float | None:
    """Seconds left, never negative; `default` (also as an upper bound) when the caller set none."""
    if _is_given_up():
        return 0.0
    expiry = _expiry.get()
    if expiry is None:
        return default
    left = max(0.0, expiry - time.monotonic())
    return left if default is None else min(left, default)


def check(what: str) -> None:
    """Raise if the time is up, naming `what` was about to be done.

    Raises:
        DeadlineExceeded: the caller's deadline has passed.
        Canceled: the caller has given up.
    """
    if _is_given_up():
        raise errors.Canceled(f"{what}: the caller has given up")
    if remaining() == 0.0:
        raise errors.DeadlineExceeded(f"{what}: the caller's deadline has passed")


@contextmanager
def holding(lock: Lock, what: str) -> Iterator[None]:
    """Hold a lock for as long as it takes, waiting for it no longer than the caller would.

    For locks under which somebody may wait for an answer that doesn't come.

    Raises:
        DeadlineExceeded: the caller's deadline passed first.
        Canceled: the caller has given up.
    """
    while not lock.acquire(timeout=_slice()):
        check(what)
    try:
        check(what)
        yield
    finally:
        lock.release()


def _slice() -> float:
    """Seconds to wait for a lock before looking whether the caller still waits."""
    patience = remaining()
    return _LOOK if patience is None else min(patience, _LOOK)


def _is_given_up() -> bool:
    given_up = _given_up.get()
    return given_up is not None and given_up()
