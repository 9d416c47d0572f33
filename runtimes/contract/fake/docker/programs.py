"""Programs that need what only the Docker fake has: live input, and a tty's size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.contract.fake.docker.output import LiveInput
from runtimes.contract.fake.programs import PROGRAMS as PLAIN
from runtimes.contract.fake.programs import plain

if TYPE_CHECKING:
    from runtimes.contract.fake.shell.machine import Invocation, Program, Steps

TTY_SIZE = "/dev/.tty-size"
"""Where a machine keeps ``rows columns`` of its tty."""
_STEP = 0.01


def _cat(call: Invocation) -> Steps:
    stdin = call.io.stdin
    if len(call.argv) > 1 or not isinstance(stdin, LiveInput):
        return (yield from PLAIN["cat"](call))
    while True:
        ended = stdin.ended
        data = stdin.read()
        if data:
            call.io.stdout.write(data)
        elif ended:
            return 0
        else:
            yield _STEP


def _stty(call: Invocation) -> int:
    if call.argv[1:] != ("size",):
        raise ValueError("the fake's stty knows only 'size'")
    call.io.stdout.write(call.machine.view.read(TTY_SIZE))
    return 0


PROGRAMS: dict[str, Program] = {**PLAIN, "cat": _cat, "stty": plain(_stty)}
