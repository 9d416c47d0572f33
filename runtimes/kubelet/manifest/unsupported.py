"""Finds in a pod what `support` lists."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING

from runtimes.kubelet.manifest.decode.shapes import fields_of
from runtimes.kubelet.manifest.errors import Mistake
from runtimes.kubelet.manifest.problem import Path, Problem, show
from runtimes.kubelet.manifest.support import (
    IGNORED_OF_WORKLOADS,
    UNSUPPORTED,
    UNSUPPORTED_OF_WORKLOADS,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.core.pod import v1

CONTAINERS = ("containers", "initContainers")
MESSAGE = "is not supported yet; the pod would run without it"
IGNORED = "has no effect here"


def unsupported(pod: v1.Pod) -> tuple[Mistake, ...]:
    """Name the fields of `pod` that are not carried out yet; without a place in a text."""
    return tuple(
        Mistake("", 0, 0, 0, show(problem.path), problem.message)
        for problem in find_unsupported(pod)
    )


def find_unsupported(obj: v1.Struct) -> Iterator[Problem]:
    return _find(obj, _lines(type(obj).__name__), MESSAGE)


def find_ignored(obj: v1.Struct) -> Iterator[Problem]:
    return _find(obj, IGNORED_OF_WORKLOADS.get(type(obj).__name__, ()), IGNORED)


def _find(obj: v1.Struct, lines: tuple[str, ...], message: str) -> Iterator[Problem]:
    for steps, value in _patterns(lines):
        for path, found in _matches(obj, steps, ()):
            if _is_set(found) and (not value or fnmatchcase(_text(found), value)):
                yield Problem(path, message)


@cache
def _patterns(lines: tuple[str, ...]) -> tuple[tuple[tuple[str, ...], str], ...]:
    parsed = []
    for line in lines:
        path, _, value = line.partition("=")
        for name in CONTAINERS if "CONTAINERS" in path else ("",):
            steps = path.replace("CONTAINERS", name).replace("[]", ".[]").split(".")
            parsed.append((tuple(steps), value))
    return tuple(parsed)


@cache
def _lines(kind: str) -> tuple[str, ...]:
    if kind == "Pod":
        return UNSUPPORTED
    if kind not in UNSUPPORTED_OF_WORKLOADS:
        return ()
    of_template = (f"spec.template.{line}" for line in UNSUPPORTED)
    return (*UNSUPPORTED_OF_WORKLOADS[kind], *of_template)


def _matches(value: object, steps: tuple[str, ...], path: Path) -> Iterator[tuple[Path, object]]:
    if not steps:
        yield path, value
    elif steps[0] == "[]" and isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _matches(item, steps[1:], (*path, index))
    elif value is not None and not isinstance(value, tuple):
        field = fields_of(type(value)).get(steps[0])  # type: ignore[arg-type] # paths name structs
        if field is not None:
            inner = getattr(value, field.attribute)
            yield from _matches(inner, steps[1:], (*path, field.name))


def _is_set(value: object) -> bool:
    return value is not None and value not in ("", (), {})


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
