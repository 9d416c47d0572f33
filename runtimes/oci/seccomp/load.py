"""Read a profile that a user wrote: Docker's format, or OCI's `linux.seccomp`, which it includes.

Source: runtime-spec config-linux.md (seccomp); moby profiles/seccomp (names, includes, excludes,
archMap); containers-common (errno by name).
"""

from __future__ import annotations

import errno
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.oci.seccomp.profile import Arg, Condition, Profile, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ACTIONS = frozenset(
    f"SCMP_ACT_{name}"
    for name in ("ALLOW", "ERRNO", "KILL", "KILL_PROCESS", "KILL_THREAD", "LOG", "NOTIFY", "TRACE")
) | {"SCMP_ACT_TRAP"}
OPERATORS = tuple(f"SCMP_CMP_{name}" for name in ("NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"))
LARGEST = 4 << 20


@dataclass(frozen=True, slots=True)
class _At:
    """A place in a profile, for messages."""

    where: str

    def wrong(self, what: str) -> errors.InvalidArgument:
        return errors.InvalidArgument(f"seccomp profile {self.where}: {what}")

    def below(self, key: str | int) -> _At:
        return _At(f"{self.where}[{key}]" if isinstance(key, int) else f"{self.where}.{key}")


def load(path: Path) -> Profile:
    """Read a localhost profile.

    Raises:
        InvalidArgument: it isn't there, or isn't a profile; the message names file and field.
    """
    try:
        if not path.is_file():
            path.stat()
            raise errors.InvalidArgument(f"read the seccomp profile {path}: not a regular file")
        with path.open("rb") as file:
            text = file.read(LARGEST + 1)
    except OSError as error:
        raise errors.InvalidArgument(
            f"read the seccomp profile {path}: {error.strerror}; localhost profiles are files of "
            "this node"
        ) from error
    if len(text) > LARGEST:
        raise errors.InvalidArgument(f"read the seccomp profile {path}: larger than 4 MiB")
    return parse(text, str(path))


def parse(text: bytes, name: str) -> Profile:
    """Read a profile from JSON; `name` stands for it in messages.

    Raises:
        InvalidArgument: as `load`.
    """
    at = _At(name)
    try:
        raw = json.loads(text)
    except ValueError as error:
        raise at.wrong(f"no JSON: {error}") from error
    if not isinstance(raw, dict):
        raise at.wrong("no JSON object")
    return Profile(
        default_action=_action(raw.get("defaultAction"), at.below("defaultAction")),
        default_errno=_errno(raw.get("defaultErrnoRet"), raw.get("defaultErrno"), at),
        rules=tuple(
            rule
            for index, item in enumerate(_list(raw.get("syscalls"), at.below("syscalls")))
            for rule in _rules(item, at.below("syscalls").below(index))
        ),
        arch_map=tuple(
            _arch(item, at.below("archMap"))
            for item in _list(raw.get("archMap"), at.below("archMap"))
        ),
        architectures=_words(raw.get("architectures"), at.below("architectures")),
        extra=tuple(_passed_on(raw, at)),
    )


def _passed_on(raw: dict[str, object], at: _At) -> Iterator[tuple[str, object]]:
    flags = _words(raw.get("flags"), at.below("flags"))
    if flags:
        yield "flags", list(flags)
    for key in ("listenerPath", "listenerMetadata"):
        if raw.get(key):
            if not isinstance(raw[key], str):
                raise at.below(key).wrong("must be a string")
            yield key, raw[key]


def _action(value: object, at: _At) -> str:
    if value not in ACTIONS:
        raise at.wrong(f"{value!r} is none of {', '.join(sorted(ACTIONS))}")
    return str(value)


def _errno(number: object, name: object, at: _At) -> int | None:
    if isinstance(number, int) and not isinstance(number, bool) and 0 <= number < 4096:
        return number
    if number is not None:
        raise at.wrong(f"{number!r} is no errno")
    if name in {None, ""}:
        return None
    known = getattr(errno, str(name), None)
    if known is None:
        raise at.wrong(f"{name!r} is no name of an errno")
    return int(known)


def _list(value: object, at: _At) -> list[object]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise at.wrong("must be a list")
    return value


def _words(value: object, at: _At) -> tuple[str, ...]:
    words = _list(value, at)
    if not all(isinstance(word, str) for word in words):
        raise at.wrong("must be a list of strings")
    return tuple(map(str, words))


def _object(value: object, at: _At) -> dict[str, object]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise at.wrong("must be an object")
    return value


def _rules(item: object, at: _At) -> list[Rule]:
    raw = _object(item, at)
    names = _words(raw.get("names"), at.below("names"))
    if not names and isinstance(raw.get("name"), str):
        names = (str(raw["name"]),)
    if not names:
        raise at.wrong("names no system call")
    args = _list(raw.get("args"), at.below("args"))
    return [
        Rule(
            names=names,
            action=_action(raw.get("action"), at.below("action")),
            errno=_errno(raw.get("errnoRet"), raw.get("errno"), at),
            args=tuple(_arg(arg, at.below("args").below(index)) for index, arg in enumerate(args)),
            needs=_condition(raw.get("includes"), at.below("includes")),
            unless=_condition(raw.get("excludes"), at.below("excludes")),
        )
    ]


def _arg(item: object, at: _At) -> Arg:
    raw = _object(item, at)
    index, op = raw.get("index"), raw.get("op")
    value, second = raw.get("value", 0), raw.get("valueTwo", 0)
    if not isinstance(index, int) or not 0 <= index < 6:
        raise at.wrong(f"index {index!r} is not 0 to 5")
    if op not in OPERATORS:
        raise at.wrong(f"op {op!r} is none of {', '.join(OPERATORS)}")
    for number in (value, second):
        if not isinstance(number, int) or not 0 <= number < 1 << 64:
            raise at.wrong(f"value {number!r} is no unsigned 64-bit number")
    return Arg(index, str(op), int(str(value)), int(str(second)))


def _condition(value: object, at: _At) -> Condition:
    raw = _object(value, at)
    kernel = raw.get("minKernel")
    return Condition(
        caps=frozenset(_words(raw.get("caps"), at.below("caps"))),
        arches=frozenset(_words(raw.get("arches"), at.below("arches"))),
        min_kernel=_kernel(kernel, at.below("minKernel")) if kernel else None,
    )


def _kernel(value: object, at: _At) -> tuple[int, int]:
    found = re.fullmatch(r"(\d+)\.(\d+)(?:\.\d+)?", str(value))
    if found is None:
        raise at.wrong(f"{value!r} is no kernel version such as 4.8")
    return int(found[1]), int(found[2])


def _arch(item: object, at: _At) -> tuple[str, tuple[str, ...]]:
    raw = _object(item, at)
    return str(raw.get("architecture")), _words(raw.get("subArchitectures"), at)
