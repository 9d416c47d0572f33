"""What came of pods as JUnit XML: pods are suites, containers are tests."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from runtimes.client import Container, Pod

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TAIL = 1000


@dataclass(frozen=True, slots=True)
class _Case:
    """One container; `kind` is ``failure``, ``error`` or ``skipped``, empty when it did well."""

    name: str
    seconds: float = 0.0
    kind: str = ""
    message: str = ""
    log: str = ""


def write(path: Path, pods: Iterable[Pod], excused: Callable[[Pod], bool]) -> None:
    """Write a file; a failure of an `excused` pod, which its Job tried again, is skipped.

    Raises:
        OSError: it can't be written.
    """
    root = Element("testsuites")
    for pod in pods:
        _add(root, pod.full_name, [_case(pod, name, excused(pod)) for name in pod.container_names])
    indent(root)
    ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def _add(root: Element, name: str, cases: list[_Case]) -> None:
    counts = {f"{kind}s": sum(one.kind == kind for one in cases) for kind in ("failure", "error")}
    skipped = sum(one.kind == "skipped" for one in cases)
    suite = SubElement(root, "testsuite", name=name, tests=str(len(cases)))
    for kind, count in {**counts, "skipped": skipped}.items():
        suite.set(kind, str(count))
    for one in cases:
        case = SubElement(
            suite, "testcase", classname=name, name=one.name, time=f"{one.seconds:.3f}"
        )
        if one.kind:
            SubElement(case, one.kind, message=_clean(one.message))
        if one.log:
            SubElement(case, "system-out").text = _clean(one.log)


def _case(pod: Pod, name: str, excused: bool) -> _Case:
    try:
        container = pod.container(name)
    except errors.NotFound:
        return _Case(name, kind="error", message=f"it was never started: {_trouble(pod, name)}")
    return _begun(pod, container, excused)


def _begun(pod: Pod, container: Container, excused: bool) -> _Case:
    status, code = container.status, container.exit_code
    seconds = max(0, status.finished_at_ns - status.started_at_ns) / 1e9
    reason = ": ".join(filter(None, (status.reason, status.message.strip())))
    if code == 0 or container.name in _sidecars(pod):
        kind, message = "", ""
    elif code is None:
        why = "it runs" if container.running else reason or _trouble(pod, container.name)
        kind, message = "error", f"it hasn't ended: {why}"
    else:
        kind, message = "failure", f"exit code {code}: {reason}" if reason else f"exit code {code}"
    if kind and excused:
        kind = "skipped"
    return _Case(container.name, seconds, kind, message, _log(container))


def _sidecars(pod: Pod) -> set[str]:
    """They have no say: they end when they are told to."""
    init = pod.manifest.spec.init_containers
    return {one.name for one in init if one.restart_policy == "Always"}


def _trouble(pod: Pod, name: str) -> str:
    told = [one.message for one in pod.journal() if one.warning and one.container in {"", name}]
    # Kubelet tells a failure twice: what it is, and its reason alone, as in "Error: ErrImagePull".
    telling = [one for one in told if not one.removeprefix("Error: ").isidentifier()]
    return (telling or told or ["another one failed before"])[-1]


def _log(container: Container) -> str:
    try:
        lines = container.logs(tail=_TAIL)
        return b"".join(line.text for line in lines).decode(errors="replace")
    except errors.Error as error:
        return f"the log can't be read: {error}"


def _clean(text: str) -> str:
    return _NOT_XML.sub("?", text)
