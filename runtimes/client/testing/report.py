"""What a failed test's report says of its pods."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runtimes.client.log_lines import LogLine
    from runtimes.client.testing.pod import PodInTest
    from runtimes.core.pod import v1

_TAIL = 100


def evidence(pod: PodInTest) -> list[tuple[str, str]]:
    """Titles with texts: how the pod is, what has happened to it, and what it wrote last."""
    asked: dict[str, Callable[[], Iterator[str]]] = {
        "status": lambda: _status(pod),
        "events": lambda: iter(pod.events()),
        "logs": lambda: _logs(pod),
    }
    return [(f"pod {pod.name}: {what}", _told(ask)) for what, ask in asked.items()]


def _told(ask: Callable[[], Iterator[str]]) -> str:
    """A report must come out whatever became of the pod."""
    try:
        return "\n".join(ask()) or "nothing"
    except errors.Error as error:
        return f"can't be told: {error}"


def _status(pod: PodInTest) -> Iterator[str]:
    status = pod.pod.status()
    yield f"{status.phase} {status.reason} {status.message}".rstrip()
    for one in (*status.init_container_statuses, *status.container_statuses):
        ready = "ready" if one.ready else "not ready"
        yield f"{one.name}: {_state(one.state)}, {ready}, restarts: {one.restart_count or 0}"


def _state(state: v1.ContainerState) -> str:
    if state.running is not None:
        return "running"
    if state.terminated is not None:
        ended = state.terminated
        words = f"ended with {ended.exit_code or 0} {ended.reason}"
        return f"{words}: {ended.message}" if ended.message else words
    waiting = state.waiting
    return ": ".join(filter(None, (waiting.reason, waiting.message))) if waiting else "waiting"


def _logs(pod: PodInTest) -> Iterator[str]:
    """Of every container; of one that was restarted, the attempt before too."""
    several = len(pod.pod.container_names) > 1
    for one in pod.pod.containers:
        if one.status.restart_count:
            yield f"-- {one.name}, the attempt before"
            yield _told(partial(_lines, pod.pod.previous_logs, one.name))
        if several or one.status.restart_count:
            yield f"-- {one.name}"
        yield _told(partial(_lines, pod.pod.logs, one.name))


def _lines(read: Callable[..., Iterator[LogLine]], container: str) -> Iterator[str]:
    for line in read(container, tail=_TAIL):
        yield line.text.decode(errors="replace").rstrip("\n")
