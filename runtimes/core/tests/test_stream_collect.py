"""A command's outputs and its end: the one may come long before the other."""

from __future__ import annotations

import time

from runtimes.core.host import tree
from runtimes.core.streaming.collect import collect, finish
from runtimes.core.streaming.local import LocalSession


def test_a_command_that_goes_on_has_no_result_though_it_closed_its_outputs() -> None:
    command = ["sh", "-c", "exec sleep 4321 >&- 2>&-"]
    with LocalSession(command, tty=False, stdin=False) as opened:
        try:
            assert collect(opened, None) == (b"", b"")
            assert finish(opened, time.monotonic()) is None
        finally:
            tree.kill({opened.pid}, ())
