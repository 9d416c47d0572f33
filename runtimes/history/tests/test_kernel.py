"""What the kernel's messages say."""

from __future__ import annotations

import os
import struct
import subprocess
import time
from typing import NoReturn, Self

import pytest

from runtimes.history.recording import kernel as kernel_module
from runtimes.history.recording.kernel import Kernel, understand
from runtimes.history.story.caught import Ended, Event, Executed, Forked, Process

AT = 14_000


def message(what: int, *numbers: int, at_ns: int = AT) -> bytes:
    """One as it comes: netlink's header, the connector's, the event."""
    head = bytes(16) + bytes(20)
    return head + struct.pack("=IIQ", what, 0, at_ns) + struct.pack(f"={len(numbers)}I", *numbers)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (message(1, 10, 9, 20, 20), Forked(AT, 9, 20)),
        (message(1, 10, 9, 21, 20), None),  # a thread
        (message(2, 20, 20), Executed(AT, Process(20, ()))),
        (message(0x80000000, 20, 20, 3 << 8, 17), Ended(AT, 20, 3)),
        (message(0x80000000, 20, 20, 9, 17), Ended(AT, 20, -9)),
        (message(0x80000000, 21, 20, 0, 17), None),  # a thread
        (message(0x00000200, 20, 20), None),  # a new name
        (bytes(40), None),
    ],
)
def test_a_message_is_understood(given: bytes, expected: Event | None) -> None:
    assert understand(given) == expected


@pytest.mark.needs_root
def test_a_program_that_is_gone_at_once_was_seen() -> None:
    with Kernel() as kernel:
        process = subprocess.Popen(["true", "seen"])
        process.wait()

    mine = [one for one in kernel.events if _pid(one) == process.pid]
    assert [type(one) for one in mine] == [Forked, Executed, Ended]
    forked, executed, ended = mine
    assert isinstance(forked, Forked)
    assert forked.parent == os.getpid()
    assert isinstance(executed, Executed)
    assert executed.process.argv in {("true", "seen"), ()}  # a host may be too busy to look
    assert isinstance(ended, Ended)
    assert ended.code == 0


def test_where_the_kernel_tells_nothing_it_is_said_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> NoReturn:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(kernel_module, "_listen", refuse)

    with Kernel() as kernel:
        pass

    assert kernel.events == []
    assert "Operation not permitted" in kernel.deaf


class BusyHost:
    """A link on which threads come and go all the time."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def recv(self, _: int) -> bytes:
        time.sleep(0.001)
        return message(1, 10, 9, 21, 20, at_ns=time.monotonic_ns())


def test_listening_ends_on_a_host_that_is_never_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_module, "_listen", BusyHost)

    with Kernel() as kernel:
        pass

    assert kernel.events == []


def _pid(event: Event) -> int:
    match event:
        case Forked():
            return event.child
        case Executed():
            return event.process.pid
        case Ended():
            return event.pid
