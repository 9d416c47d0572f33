from __future__ import annotations

import pytest

from runtimes.core import deadline, errors
from runtimes.core.retry import Policy, retry


class _Flaky:
    def __init__(self, *failures: Exception) -> None:
        self.calls = 0
        self._failures = list(failures)

    def __call__(self) -> str:
        self.calls += 1
        if self._failures:
            raise self._failures.pop(0)
        return "done"


def test_unavailable_is_tried_again_with_growing_random_waits() -> None:
    waits: list[float] = []
    flaky = _Flaky(*[errors.Unavailable("not yet")] * 3)

    assert retry(flaky, Policy(wait=waits.append, first=0.1)) == "done"

    assert flaky.calls == 4
    assert all(0 <= wait <= 0.1 * 2**n for n, wait in enumerate(waits))


@pytest.mark.parametrize(
    "error",
    [errors.NotFound("x"), errors.BackendUnavailable("x"), errors.Internal("x"), ValueError("x")],
)
def test_other_errors_are_raised_at_once(error: Exception) -> None:
    flaky = _Flaky(error)

    with pytest.raises(type(error)):
        retry(flaky, Policy(wait=lambda _: None))

    assert flaky.calls == 1


def test_the_last_error_is_raised_itself_when_attempts_run_out() -> None:
    last = errors.RegistryUnavailable("503 again")
    flaky = _Flaky(errors.Unavailable("a"), errors.Unavailable("b"), last)

    with pytest.raises(errors.RegistryUnavailable) as caught:
        retry(flaky, Policy(attempts=3, wait=lambda _: None))

    assert caught.value is last
    assert flaky.calls == 3


def test_no_wait_goes_beyond_the_deadline() -> None:
    waits: list[float] = []
    flaky = _Flaky(*[errors.Unavailable("not yet")] * 9)

    with deadline.within(0.0), pytest.raises(errors.Unavailable):
        retry(flaky, Policy(wait=waits.append))

    assert waits == []
