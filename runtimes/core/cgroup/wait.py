"""Wait for something the kernel finishes soon after the call that began it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from runtimes.core import deadline

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST_PAUSE = 0.0005
LONGEST_PAUSE = 0.02


def wait_until(condition: Callable[[], bool], timeout: float) -> bool:
    """Ask until it holds; False when `timeout` seconds, or the caller's deadline, have passed."""
    patience = deadline.remaining(timeout)
    expiry = time.monotonic() + (timeout if patience is None else patience)
    pause = FIRST_PAUSE
    while not condition():
        left = expiry - time.monotonic()
        if left <= 0:
            return False
        time.sleep(min(pause, left))
        pause = min(pause * 2, LONGEST_PAUSE)
    return True
