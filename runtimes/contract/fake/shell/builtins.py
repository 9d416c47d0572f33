"""Commands that change the shell itself."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.contract.fake.shell.evaluate import Shell
    from runtimes.contract.fake.shell.machine import Io, Steps


class Exit(Exception):
    """``exit``: ends the shell that runs it."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Break(Exception):
    pass


class Continue(Exception):
    pass


def _exit(shell: Shell, arguments: list[str], _io: Io) -> Steps:
    raise Exit(int(arguments[0]) & 0xFF if arguments else shell.status)
    yield


def _break(_shell: Shell, _arguments: list[str], _io: Io) -> Steps:
    raise Break
    yield


def _continue(_shell: Shell, _arguments: list[str], _io: Io) -> Steps:
    raise Continue
    yield


def _cd(shell: Shell, arguments: list[str], io: Io) -> Steps:
    path = shell.path(arguments[0] if arguments else shell.variables.get("HOME", "/"))
    if not shell.machine.view.is_folder(path):
        io.stderr.write(f"sh: cd: can't cd to {path}: No such file or directory\n".encode())
        return 1
    shell.cwd = path
    return 0
    yield


def _export(shell: Shell, arguments: list[str], _io: Io) -> Steps:
    for argument in arguments:
        name, separator, value = argument.partition("=")
        shell.exported.add(name)
        if separator:
            shell.variables[name] = value
    return 0
    yield


def _unset(shell: Shell, arguments: list[str], _io: Io) -> Steps:
    for name in arguments:
        shell.variables.pop(name, None)
    return 0
    yield


def _set(shell: Shell, arguments: list[str], _io: Io) -> Steps:
    for at, argument in enumerate(arguments):
        if argument == "--":
            shell.arguments = tuple(arguments[at + 1 :])
            break
        if "e" in argument[1:]:
            shell.strict = argument.startswith("-")
    return 0
    yield


def _shift(shell: Shell, arguments: list[str], _io: Io) -> Steps:
    shell.arguments = shell.arguments[int(arguments[0]) if arguments else 1 :]
    return 0
    yield


def _read(shell: Shell, arguments: list[str], io: Io) -> Steps:
    names = [argument for argument in arguments if not argument.startswith("-")] or ["REPLY"]
    line = io.stdin.line()
    values = (line or b"").decode(errors="replace").rstrip("\n").split(maxsplit=len(names) - 1)
    for at, name in enumerate(names):
        shell.variables[name] = values[at] if at < len(values) else ""
    return int(line is None or not line.endswith(b"\n"))
    yield


def _trap(shell: Shell, arguments: list[str], _io: Io) -> Steps:
    action, *names = arguments or [""]
    for name in names if shell.main else []:
        number = signal_number(name)
        if action == "-":
            shell.machine.traps.pop(number, None)
        else:
            shell.machine.traps[number] = action
    return 0
    yield


def _wait(_shell: Shell, _arguments: list[str], _io: Io) -> Steps:
    yield None
    return 0


def _eval(shell: Shell, arguments: list[str], _io: Io) -> Steps:
    from runtimes.contract.fake.shell.parser import parse

    return (yield from shell.run(parse(" ".join(arguments))))


def _exec(shell: Shell, arguments: list[str], _io: Io) -> Steps:
    from runtimes.contract.fake.shell.lexer import Text
    from runtimes.contract.fake.shell.parser import Simple

    words = tuple((Text(argument, quoted=True),) for argument in arguments)
    raise Exit((yield from shell.simple(Simple((), words, ()))))


def signal_number(name: str) -> int:
    """``TERM``, ``SIGTERM`` or ``15``; 0 for ``EXIT``."""
    if name.isdigit():
        return int(name)
    if name == "EXIT":
        return 0
    return signal.Signals[f"SIG{name.removeprefix('SIG')}"].value


TABLE: dict[str, Callable[[Shell, list[str], Io], Steps]] = {
    "exit": _exit,
    "return": _exit,
    "break": _break,
    "continue": _continue,
    "cd": _cd,
    "export": _export,
    "unset": _unset,
    "set": _set,
    "shift": _shift,
    "read": _read,
    "trap": _trap,
    "wait": _wait,
    "eval": _eval,
    "exec": _exec,
}
