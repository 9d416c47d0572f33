"""Channels of WebSockets, exit statuses and terminal sizes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtimes.core import errors
from runtimes.core.streaming import channels, status


@given(st.integers(0, 254), st.binary(), st.booleans())
def test_a_message_is_what_was_sent(channel: int, data: bytes, closing: bool) -> None:
    message = channels.encode(channel, data)

    assert channels.decode(message, closing=closing) == channels.Message(channel, data)


def test_version_5_closes_a_channel_and_version_4_cannot() -> None:
    message = channels.encode_close(0)

    assert channels.decode(message, closing=True) == channels.Message(0, closes=True)
    assert channels.decode(message, closing=False) == channels.Message(255, b"\0")


@pytest.mark.parametrize("message", [b"", b"\xff", b"\xff\0\0"])
def test_a_message_that_says_nothing_is_refused(message: bytes) -> None:
    with pytest.raises(errors.DataLoss):
        channels.decode(message, closing=True)


def test_a_port_is_announced_little_endian() -> None:
    assert channels.port_announcement(8080) == b"\x90\x1f"


@given(st.integers(0, 255))
def test_an_exit_code_arrives(code: int) -> None:
    assert status.exit_code(status.of_exit(code)) == code


def test_a_failure_arrives_as_one() -> None:
    with pytest.raises(errors.Internal, match="no such program"):
        status.exit_code(status.of_failure("no such program"))


@given(st.one_of(st.binary(), st.sampled_from((b"[]", b"{}", b"1", b'{"status": []}'))))
def test_what_is_no_status_is_refused(junk: bytes) -> None:
    with pytest.raises(errors.Error):
        status.exit_code(junk)


def test_a_size_arrives() -> None:
    assert status.size(status.of_size(132, 43)) == (132, 43)


@pytest.mark.parametrize(
    "junk", [b"", b"[]", b"{}", b'{"Width": -1, "Height": 2}', b'{"Width": 1e999, "Height": 1}']
)
def test_what_is_no_size_is_refused(junk: bytes) -> None:
    with pytest.raises(errors.DataLoss):
        status.size(junk)
