"""Try again what may succeed later: only `Unavailable`, only calls that may be repeated."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from runtimes.core import deadline, errors

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How often and how long.

    Attributes:
        attempts: the first one included.
        first: seconds, the upper bound of the first random wait; it doubles each time.
        longest: seconds, the upper bound of any wait.
        total: seconds for everything, also without a deadline.
        wait: sleeps.
    """

    attempts: int = 5
    first: float = 0.1
    longest: float = 5.0
    total: float = 60.0
    wait: Callable[[float], None] = time.sleep


DEFAULT = Policy()


def retry(operation: Callable[[], T], policy: Policy = DEFAULT) -> T:
    """Call an idempotent `operation` until it doesn't raise `Unavailable`.

    A backend that can't be opened stays so: `BackendUnavailable` is raised at once. No wait goes
    beyond the caller's deadline.

    Raises:
        Error: what `operation` raised last.
    """
    import tenacity

    left = deadline.remaining(policy.total)
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception(_is_passing),
        wait=tenacity.wait_random_exponential(multiplier=policy.first, max=policy.longest),
        stop=tenacity.stop_any(
            tenacity.stop_after_attempt(policy.attempts),
            tenacity.stop_before_delay(policy.total if left is None else left),
        ),
        sleep=policy.wait,
        reraise=True,
    )
    return retrying(operation)


def _is_passing(error: BaseException) -> bool:
    return isinstance(error, errors.Unavailable) and not isinstance(
        error, errors.BackendUnavailable
    )
