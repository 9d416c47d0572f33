"""Run a pod on one backend in this process: start it, look who holds it, and take it away."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec

from runtimes.core import errors
from runtimes.history.recording import proc
from runtimes.history.story.caught import Failure, Life, Span

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runtimes.client import Pod, Runtime
    from runtimes.core.pod import v1
    from runtimes.kubelet.events import Event

START, STOP = "start", "stop"
_START_SECONDS = 120.0


class Task(msgspec.Struct, frozen=True):
    """Attributes:
    options: of the backend, over those of the configuration file.
    config: that file; None for the usual one.
    runs: how many times the pod is run, one after the other.
    """

    backend: str
    manifest: str
    options: dict[str, str] = {}
    config: str | None = None
    runs: int = 1


def run(task: Task, pid: int) -> Iterator[Life | Failure]:
    """Run the pod of a task, `pid` being this process; what fails is told, not raised."""
    try:
        with _connected(task) as runtime:
            pod = _read(runtime, task.manifest)
            for _ in range(task.runs):
                yield _live(runtime, pod, pid)
    except errors.Error as error:
        yield Failure(str(error))


@contextmanager
def _connected(task: Task) -> Iterator[Runtime]:
    from pathlib import Path

    from runtimes.client import connect

    config: Path | None = None if task.config is None else Path(task.config)
    options: dict[str, Any] = dict(task.options)
    with connect(task.backend, config=config, events=_ignore, **options) as runtime:
        yield runtime


def _ignore(event: Event) -> None:
    """Errors tell what matters."""


def _read(runtime: Runtime, manifest: str) -> v1.Pod:
    from pathlib import Path

    from runtimes.client.workloads import configuration

    objects = runtime.read(Path(manifest))
    for kept in configuration(objects):
        runtime.keep(kept)
    pods = runtime.load(Path(manifest))
    if len(pods) != 1:
        raise errors.InvalidArgument(f"run one pod: {manifest} has {len(pods)}")
    return pods[0]


def _live(runtime: Runtime, manifest: v1.Pod, pid: int) -> Life:
    version = runtime.version()
    before = time.monotonic_ns()
    pod = runtime.create(manifest)
    try:
        pod.start(timeout=_START_SECONDS)
        started = time.monotonic_ns()
        ids = _ids(pod)
        ancestry = proc.ancestry(ids, since=before / 1e9 - 0.01)
        stopping = time.monotonic_ns()
        pod.stop()
        pod.remove()
    except BaseException:
        pod.remove(force=True)
        raise
    stopped = time.monotonic_ns()
    return Life(
        pid=pid,
        runtime=f"{version.name} {version.version}",
        phases={START: Span(before, started), STOP: Span(stopping, stopped)},
        ids=ids,
        ancestry=ancestry,
    )


def _ids(pod: Pod) -> tuple[str, ...]:
    """Sandboxes first, the first regular container last."""
    status = pod.observe()
    containers = [one.id for name in reversed(pod.container_names)
                  if (one := status.latest(name)) is not None]  # fmt: skip
    return (*(one.id for one in status.sandboxes), *containers)
