"""Progress of pulls and imports: bars on a terminal, a line per item elsewhere."""

from __future__ import annotations

import sys
import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import click

from runtimes.core import progress

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from rich.progress import Progress as Bars
    from rich.progress import TaskID

_ENDS = {"done", "exists"}


@contextmanager
def shown(title: str, *, quiet: bool = False) -> Iterator[None]:
    """Show on stderr all progress that is reported inside."""
    if quiet:
        yield
        return
    with Shown(title):
        yield


class Shown:
    """As `shown`, and can be ended before its work is, when something else is to be shown."""

    def __init__(self, title: str) -> None:
        self._listener = _Bars(title) if sys.stderr.isatty() else Lines(title)
        self._listening = ExitStack()

    def __enter__(self) -> Self:
        self._listening.enter_context(progress.listen(self._listener))
        return self

    def __exit__(self, *exc: object) -> None:
        self._listening.close()
        self.close()

    def close(self) -> None:
        """Show no more. Idempotent."""
        self._listener.close()


class Lines:
    """Says once that something begins and how it ends, for logs of machines."""

    def __init__(self, title: str) -> None:
        self._title: str | None = title
        self._said: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def __call__(self, step: progress.Progress) -> None:
        with self._lock:
            title, self._title = self._title, None
            new = step.phase in _ENDS and (step.item, step.phase) not in self._said
            self._said.add((step.item, step.phase))
        if title:
            click.echo(f"{title} ...", err=True)
        if new:
            click.echo(f"  {step.item}: {step.phase}", err=True)

    def close(self) -> None:
        """Nothing is open."""


class _Bars:
    """Opens bars only when the first progress comes, so that quick work shows none."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._lock = threading.Lock()
        self._bars: Bars | None = None
        self._closed = False
        self._tasks: dict[str, TaskID] = {}
        self._phases: dict[TaskID, str] = {}

    def __call__(self, step: progress.Progress) -> None:
        with self._lock:
            if self._closed:
                return
            bars = self._bars or self._start()
            task = self._tasks.get(step.item)
            if task is None:
                task = self._tasks[step.item] = bars.add_task(
                    step.item, total=None, phase=step.phase
                )
            self._phases[task] = step.phase
            total = step.total_bytes or None
            ended = step.phase in _ENDS
            bars.update(
                task,
                phase=step.phase,
                total=(total or 1) if ended else total,
                completed=(total or 1) if ended else step.done_bytes,
            )

    def close(self) -> None:
        with self._lock:
            self._closed = True
            if self._bars is None:
                return
            for task, phase in self._phases.items():
                if phase == "resolving":
                    self._bars.update(task, visible=False)
            self._bars.stop()

    def _start(self) -> Bars:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

        console = Console(stderr=True)
        console.print(self._title, highlight=False)
        self._bars = Progress(
            TextColumn("  {task.description}"),
            TextColumn("{task.fields[phase]:<11}"),
            BarColumn(bar_width=30),
            DownloadColumn(),
            console=console,
        )
        self._bars.start()
        return self._bars
