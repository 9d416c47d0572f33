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
    from collections.abc import Iterator

_expiry: ContextVar[float | None] = ContextVar("runtimes_deadline", default=None)


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


def remaining(default: float | None = None) -> float | None:
    """Seconds left, never negative; `default` (also as an upper bound) when the caller set none."""
    expiry = _expiry.get()
    if expiry is None:
        return default
    left = max(0.0, expiry - time.monotonic())
    return left if default is None else min(left, default)


def check(what: str) -> None:
    """Raise if the time is up, naming `what` was about to be done.

    Raises:
        DeadlineExceeded: the caller's deadline has passed.
    """
    if remaining() == 0.0:
        raise errors.DeadlineExceeded(f"{what}: the caller's deadline has passed")
