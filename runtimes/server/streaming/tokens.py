"""Tokens in the URLs that Exec, Attach and PortForward answer with.

Whoever knows one may run what was asked for, once, within a minute: 192 random bits.
"""

from __future__ import annotations

import secrets
import threading
import time
from typing import TYPE_CHECKING, Generic, TypeVar

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
LIFE_SECONDS = 60.0
MOST = 1000


class Tokens(Generic[T]):
    """Keeps what was asked for until its URL is used. Thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, T]] = {}

    def issue(self, what: T) -> str:
        """Raises:
        ResourceExhausted: too many wait to be used.
        """
        token = secrets.token_urlsafe(24)
        with self._lock:
            now = self._clock()
            self._kept = {key: kept for key, kept in self._kept.items() if kept[0] > now}
            if len(self._kept) >= MOST:
                raise errors.ResourceExhausted(
                    f"{MOST} streaming URLs wait to be used; try again in a minute"
                )
            self._kept[token] = (now + LIFE_SECONDS, what)
        return token

    def redeem(self, token: str) -> T | None:
        """Take what it stands for; None if it is unknown, used or too old."""
        with self._lock:
            end, what = self._kept.pop(token, (0.0, None))
        return what if end > self._clock() else None
