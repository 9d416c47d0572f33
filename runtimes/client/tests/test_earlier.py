"""What a log has more than somebody who came late has heard."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtimes.client.earlier import missed


@pytest.mark.parametrize(
    ("logged", "heard", "before"),
    [
        (b"/ # ", b"", b"/ # "),
        (b"", b"later", b""),
        (b"one two", b"two three", b"one "),
        (b"one two", b"two", b"one "),
        (b"one", b"two", b"one"),
        (b"aab", b"aaba", b""),
        (b"xaa", b"aab", b"x"),
        (b"abab", b"abab", b""),
    ],
)
def test_what_was_missed_ends_where_the_session_begins(
    logged: bytes, heard: bytes, before: bytes
) -> None:
    assert missed(logged, heard) == before


@given(st.binary(max_size=60), st.integers(0, 60), st.integers(0, 60))
def test_with_bytes_of_any_kind_nothing_is_lost_and_little_is_told_twice(
    total: bytes, joined: int, read: int
) -> None:
    logged, heard = total[: max(joined, read)], total[joined:]

    told = missed(logged, heard) + heard

    assert total.startswith(told[: len(told) - len(heard)])
    assert len(told) <= len(total)


@given(st.text("ab", max_size=40), st.text("ab", max_size=40))
def test_it_is_the_longest_overlap(logged: str, heard: str) -> None:
    ends = [n for n in range(len(heard) + 1) if logged.endswith(heard[:n])]

    assert missed(logged.encode(), heard.encode()) == logged[: len(logged) - max(ends)].encode()
