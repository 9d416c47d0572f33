"""The programs of the fake's images: what busybox would do, as far as test pods need it."""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from runtimes.contract.fake.shell.builtins import signal_number
from runtimes.contract.fake.shell.evaluate import Shell

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.contract.fake.shell.machine import Invocation, Program, Steps

FOREVER = 10.0**9
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_ESCAPES = {"\\n": "\n", "\\t": "\t", "\\r": "\r", "\\0": "\0", "\\\\": "\\"}


def _sleep(call: Invocation) -> Steps:
    yield sum(_seconds(argument) for argument in call.argv[1:])
    return 0


def _seconds(text: str) -> float:
    if text in ("inf", "infinity"):
        return FOREVER
    return float(text.rstrip("smhd")) * _UNITS.get(text[-1], 1)


def _shell(call: Invocation) -> Steps:
    shell = Shell(call, name=posixpath.basename(call.argv[0]), main=call.main)
    flags = [word for word in call.argv[1:] if word.startswith("-")]
    words = [word for word in call.argv[1:] if not word.startswith("-")]
    shell.strict = any("e" in flag for flag in flags)
    if any("c" in flag for flag in flags):
        shell.name = words[1] if len(words) > 1 else shell.name
        shell.arguments = tuple(words[2:])
        return (yield from shell.run_text(words[0] if words else ""))
    if not words:
        return (yield from shell.run_text(call.io.stdin.read().decode()))
    shell.arguments = tuple(words[1:])
    return (yield from shell.run_text(call.machine.view.read(shell.path(words[0])).decode()))


def _timeout(call: Invocation) -> Steps:
    words = [word for word in call.argv[1:] if not word.startswith("-")]
    program = call.machine.find(words[1])
    if program is None:
        return 127
    left = _seconds(words[0])
    inner = program(replace(call, argv=tuple(words[1:])))
    try:
        while True:
            pause = next(inner)
            if pause is None or pause > left:
                yield left
                return 143
            left -= pause
            yield pause
    except StopIteration as end:
        return int(end.value)


def _echo(call: Invocation) -> int:
    words, newline, escapes = list(call.argv[1:]), "\n", False
    while words and re.fullmatch("-[neE]+", words[0]):
        newline = "" if "n" in words[0] else newline
        escapes = escapes or "e" in words[0]
        words.pop(0)
    text = " ".join(words)
    _say(call, (_unescape(text) if escapes else text) + newline)
    return 0


def _printf(call: Invocation) -> int:
    template, arguments = _unescape(call.argv[1]), list(call.argv[2:])
    while True:
        text = template
        for match in re.findall(r"%[-0-9]*[sdi]", template):
            value = arguments.pop(0) if arguments else ""
            text = text.replace(match, match % (value if match[-1] == "s" else int(value or 0)), 1)
        _say(call, text.replace("%%", "%"))
        if not arguments or text == template:
            return 0


def _cat(call: Invocation) -> int:
    if len(call.argv) == 1:
        call.io.stdout.write(call.io.stdin.read())
        return 0
    return _each(call, lambda path: call.io.stdout.write(call.machine.view.read(path)))


def _ls(call: Invocation) -> int:
    view = call.machine.view

    def show(path: str) -> None:
        names = view.listing(path) if view.is_folder(path) else [path]
        if not view.exists(path):
            view.read(path)
        _say(call, "".join(f"{name}\n" for name in names))

    return _each(call, show, default=".")


def _touch(call: Invocation) -> int:
    return _each(call, lambda path: call.machine.view.write(path, b"", append=True))


def _mkdir(call: Invocation) -> int:
    return _each(call, call.machine.view.make_folder)


def _rm(call: Invocation) -> int:
    force = any(word.startswith("-") and "f" in word for word in call.argv[1:])
    status = _each(call, call.machine.view.remove, quiet=force)
    return 0 if force else status


def _cp(call: Invocation) -> int:
    source, target = (_path(call, word) for word in call.argv[-2:])
    view = call.machine.view
    if view.is_folder(target):
        target = posixpath.join(target, posixpath.basename(source))
    return _each(call, lambda path: view.write(target, view.read(path)), words=[source])


def _tee(call: Invocation) -> int:
    data = call.io.stdin.read()
    call.io.stdout.write(data)
    return _each(call, lambda path: call.machine.view.write(path, data))


def _test(call: Invocation) -> int:
    words = list(call.argv[1:])
    if call.argv[0].endswith("["):
        words = words[:-1]
    negated = words[:1] == ["!"]
    result = _holds(call, words[1:] if negated else words)
    return int(result == negated)


def _holds(call: Invocation, words: list[str]) -> bool:
    match words:
        case ["-n", text] | [text]:
            return bool(text)
        case ["-z", text]:
            return not text
        case [operator, word]:
            return _about_file(call, operator, _path(call, word))
        case [left, ("=" | "==" | "!=") as operator, right]:
            return (left == right) == (operator != "!=")
        case [left, ("-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge") as operator, right]:
            return _compare(int(left), operator, int(right))
        case _:
            return False


def _about_file(call: Invocation, operator: str, path: str) -> bool:
    view = call.machine.view
    folder = view.is_folder(path)
    plain_file = view.exists(path) and not folder
    answers = {"-d": folder, "-f": plain_file, "-s": plain_file and bool(view.read(path))}
    return answers.get(operator, folder or plain_file)


def _compare(left: int, operator: str, right: int) -> bool:
    return {
        "-eq": left == right,
        "-ne": left != right,
        "-lt": left < right,
        "-le": left <= right,
        "-gt": left > right,
        "-ge": left >= right,
    }[operator]


def _env(call: Invocation) -> int:
    if len(call.argv) > 1:
        value = call.env.get(call.argv[1])
        if value is not None:
            _say(call, f"{value}\n")
        return int(value is None)
    _say(call, "".join(f"{name}={value}\n" for name, value in call.env.items()))
    return 0


def _id(call: Invocation) -> int:
    machine = call.machine
    groups = [machine.gid, *(group for group in machine.groups if group != machine.gid)]
    answers = {"-u": str(machine.uid), "-g": str(machine.gid), "-G": " ".join(map(str, groups))}
    whole = f"uid={machine.uid} gid={machine.gid} groups={','.join(map(str, groups))}"
    _say(call, answers.get(call.argv[-1], whole) + "\n")
    return 0


def _grep(call: Invocation) -> int:
    words = [word for word in call.argv[1:] if not word.startswith("-")]
    flags = "".join(word[1:] for word in call.argv[1:] if word.startswith("-"))
    data = (
        b"".join(call.machine.view.read(_path(call, word)) for word in words[1:])
        if len(words) > 1
        else call.io.stdin.read()
    )
    pattern = re.compile(words[0], re.IGNORECASE if "i" in flags else 0)
    lines = data.decode(errors="replace").splitlines()
    found = [line for line in lines if bool(pattern.search(line)) != ("v" in flags)]
    if "c" in flags:
        _say(call, f"{len(found)}\n")
    elif "q" not in flags:
        _say(call, "".join(f"{line}\n" for line in found))
    return int(not found)


def _lines(call: Invocation) -> int:
    words = list(call.argv[1:])
    unit, count = "-n", 10
    if words[:1] in (["-n"], ["-c"]):
        unit, count, words = words[0], int(words[1]), words[2:]
    head = call.argv[0].endswith("head")
    if words == ["/dev/zero"] and head and unit == "-c":
        call.io.stdout.write(bytes(count))
        return 0
    data = call.machine.view.read(_path(call, words[0])) if words else call.io.stdin.read()
    pieces = data.splitlines(keepends=True) if unit == "-n" else [bytes([one]) for one in data]
    chosen = pieces[:count] if head else pieces[-count:] if count else []
    call.io.stdout.write(b"".join(chosen))
    return 0


def _tr(call: Invocation) -> int:
    data = call.io.stdin.read()
    old, new = (_unescape(word).encode() for word in call.argv[1:3])
    call.io.stdout.write(data.translate(bytes.maketrans(old, new.ljust(len(old), new[-1:]))))
    return 0


def _wc(call: Invocation) -> int:
    words = [word for word in call.argv[1:] if not word.startswith("-")]
    data = call.machine.view.read(_path(call, words[0])) if words else call.io.stdin.read()
    size = len(data) if "-c" in call.argv else data.count(b"\n")
    _say(call, f"{size}\n")
    return 0


def _seq(call: Invocation) -> int:
    numbers = [int(word) for word in call.argv[1:]]
    first = numbers[0] if len(numbers) > 1 else 1
    _say(call, "".join(f"{number}\n" for number in range(first, numbers[-1] + 1)))
    return 0


def _kill(call: Invocation) -> int:
    words = list(call.argv[1:])
    number = signal_number(words.pop(0)[1:]) if words[0].startswith("-") else 15
    if "1" in words and number in call.machine.traps:
        call.machine.pending.append(number)
    return 0


def _date(call: Invocation) -> int:
    _say(call, f"{call.machine.now_ns // 10**9}\n")
    return 0


def _say(call: Invocation, text: str) -> int:
    """Print; return success, as a program that only prints does."""
    call.io.stdout.write(text.encode(errors="surrogateescape"))
    return 0


def _unescape(text: str) -> str:
    return re.sub(r"\\[ntr0\\]", lambda match: _ESCAPES[match[0]], text)


def _path(call: Invocation, word: str) -> str:
    return posixpath.normpath(posixpath.join(call.cwd, word))


def _each(
    call: Invocation,
    act: Callable[[str], None],
    *,
    words: list[str] | None = None,
    default: str = "",
    quiet: bool = False,
) -> int:
    """Do `act` on each path of the command line; one that fails doesn't stop the others."""
    if words is None:
        words = [word for word in call.argv[1:] if not word.startswith("-")]
    status = 0
    for word in words or ([default] if default else []):
        try:
            act(_path(call, word))
        except OSError as error:
            status = 1
            if not quiet:
                line = f"{call.argv[0]}: {word}: {error.strerror}\n"
                call.io.stderr.write(line.encode())
    return status


def plain(act: Callable[[Invocation], int]) -> Program:
    """Make a program of a function that takes no time."""

    def program(call: Invocation) -> Steps:
        try:
            return act(call)
        except OSError as error:
            return _misused(call, f"{error.filename}: {error.strerror}", 1)
        except (ValueError, IndexError, KeyError) as error:
            return _misused(call, f"invalid usage: {error}", 2)
        yield

    return program


def _misused(call: Invocation, problem: str, status: int) -> int:
    call.io.stderr.write(f"{call.argv[0]}: {problem}\n".encode())
    return status


def _status(number: int) -> Callable[[Invocation], int]:
    return lambda _call: number


PROGRAMS: dict[str, Program] = {
    "sleep": _sleep,
    "sh": _shell,
    "ash": _shell,
    "timeout": _timeout,
    **{
        name: plain(act)
        for name, act in {
            "true": _status(0),
            ":": _status(0),
            "false": _status(1),
            "echo": _echo,
            "printf": _printf,
            "cat": _cat,
            "ls": _ls,
            "touch": _touch,
            "mkdir": _mkdir,
            "rm": _rm,
            "rmdir": _rm,
            "cp": _cp,
            "tee": _tee,
            "test": _test,
            "[": _test,
            "env": _env,
            "printenv": _env,
            "id": _id,
            "grep": _grep,
            "head": _lines,
            "tail": _lines,
            "tr": _tr,
            "readlink": _cat,
            "wc": _wc,
            "seq": _seq,
            "kill": _kill,
            "date": _date,
            "sync": _status(0),
            "chmod": _status(0),
            "chown": _status(0),
            "pwd": lambda call: _say(call, f"{call.cwd}\n"),
            "hostname": lambda call: _say(call, f"{call.machine.hostname}\n"),
            "basename": lambda call: _say(call, posixpath.basename(call.argv[1]) + "\n"),
            "dirname": lambda call: _say(call, posixpath.dirname(call.argv[1]) + "\n"),
        }.items()
    },
}
