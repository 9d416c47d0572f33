"""Patience: the shortest bound counts, and a caller may give up before it."""

from __future__ import annotations

import contextvars
import itertools
import threading

import pytest

from runtimes.core import deadline, errors


def test_nested_bounds_only_shorten() -> None:
    with deadline.within(100), deadline.within(1), deadline.within(50):
        assert 0 < (deadline.remaining() or 0) <= 1


def test_a_caller_who_gives_up_has_no_time_left() -> None:
    gone = threading.Event()

    with deadline.within(100), deadline.unless(gone.is_set):
        deadline.check("work")
        assert (deadline.remaining() or 0) > 90
        gone.set()

        assert deadline.remaining() == 0.0
        assert deadline.remaining(5.0) == 0.0
        with pytest.raises(errors.Canceled, match="work: the caller has given up"):
            deadline.check("work")

    assert deadline.remaining() is None


def test_either_of_two_callers_may_give_up() -> None:
    outer, inner = threading.Event(), threading.Event()

    with deadline.unless(outer.is_set), deadline.unless(inner.is_set):
        assert deadline.remaining() is None
        outer.set()
        assert deadline.remaining() == 0.0


def test_a_copied_context_hears_of_it_in_another_thread() -> None:
    gone = threading.Event()
    with deadline.unless(gone.is_set):
        context = contextvars.copy_context()
    gone.set()
    seen: list[float | None] = []

    thread = threading.Thread(target=lambda: seen.append(context.run(deadline.remaining)))
    thread.start()
    thread.join(5)

    assert seen == [0.0]
    assert deadline.remaining() is None


def test_a_lock_is_waited_for_no_longer_than_the_caller_would() -> None:
    lock, gone = threading.Lock(), threading.Event()
    lock.acquire()

    def hold() -> bool:
        with deadline.holding(lock, "list things"):
            return lock.locked()

    with deadline.within(0.01), pytest.raises(errors.DeadlineExceeded, match="list things"):
        hold()
    gone.set()
    with deadline.unless(gone.is_set), pytest.raises(errors.Canceled):
        hold()
    looks = itertools.count()
    with deadline.unless(lambda: next(looks) > 3), pytest.raises(errors.Canceled):
        hold()

    assert lock.locked()
    lock.release()
    assert hold()
    assert not lock.locked()
