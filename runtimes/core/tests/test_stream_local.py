"""A process of this host on a terminal."""

from __future__ import annotations

import os

from runtimes.core.streaming.local import LocalSession
from runtimes.core.streaming.session import Size


def test_a_terminal_has_its_size_before_its_program_can_look() -> None:
    for _ in range(10):
        with LocalSession(["stty", "size"], tty=True, stdin=False, size=Size(99, 44)) as opened:
            assert os.read(opened.outputs[0].fd, 1000) == b"44 99\r\n"
