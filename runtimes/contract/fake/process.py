"""A container's processes in virtual time.

    created -> running -> ended (main task returned, or a signal killed it)

A process is a function of when it started, which signals came when, and its journals: building
it anew from those three and advancing it to now gives the same process, without doing again what
it did.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runtimes.contract.fake.shell.machine import Journal

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.contract.fake.shell.machine import Invocation, Machine, Program, Steps

KILLED = 128
WAITING = -1


@dataclass(slots=True)
class Task:
    """A thread of commands; `wake_ns` is when it goes on, `WAITING` for its children."""

    steps: Steps
    wake_ns: int


@dataclass(frozen=True, slots=True)
class Ending:
    at_ns: int
    exit_code: int


@dataclass(slots=True)
class Process:
    """Attributes:
    journals: of the main task (0) and each background task, in order of their start.
    signals: when each came, oldest first.
    is_init: pid 1 of its own namespace, which a signal it doesn't handle leaves alone.
    """

    machine: Machine
    journals: dict[int, Journal]
    signals: list[tuple[int, int]]
    is_init: bool
    ending: Ending | None = None
    _tasks: list[Task] = field(default_factory=list)
    _delivered: int = 0
    _spawned: int = 0

    def start(self, program: Program, invocation: Invocation) -> None:
        """Begin the main task at the machine's time."""
        self.machine.spawn = self._spawn
        self._tasks = [Task(program(invocation), self.machine.now_ns)]

    def next_event_ns(self) -> int | None:
        """When something happens next by itself; None when nothing will."""
        times = [task.wake_ns for task in self._tasks if task.wake_ns != WAITING]
        times += [at_ns for at_ns, _ in self.signals[self._delivered :]]
        return None if self.ending or not times else min(times)

    def advance(self, now_ns: int) -> None:
        """Do everything that is due by `now_ns`."""
        while (due := self.next_event_ns()) is not None and due <= now_ns:
            self.machine.now_ns = max(due, self.machine.now_ns)
            if self._delivered < len(self.signals) and self.signals[self._delivered][0] <= due:
                self._deliver(self.signals[self._delivered][1])
                self._delivered += 1
            else:
                self._step(min(self._ready(), key=lambda task: task.wake_ns))

    def _ready(self) -> list[Task]:
        return [task for task in self._tasks if task.wake_ns != WAITING]

    def _step(self, task: Task) -> None:
        main = self._tasks[0]
        try:
            pause = next(task.steps)
        except StopIteration as end:
            if task is main:
                self._end(end.value)
                return
            self._tasks.remove(task)
            if len(self._tasks) == 1 and main.wake_ns == WAITING:
                main.wake_ns = self.machine.now_ns
            return
        if pause is None:
            alone = task is not main or len(self._tasks) == 1
            task.wake_ns = self.machine.now_ns if alone else WAITING
        else:
            task.wake_ns = self.machine.now_ns + round(pause * 1e9)

    def _deliver(self, number: int) -> None:
        main = self._tasks[0]
        if number == signal.SIGKILL:
            self._end(KILLED + number)
        elif number in self.machine.traps:
            if not self.machine.traps[number]:
                return
            self.machine.pending.append(number)
            if main.wake_ns == WAITING:
                main.wake_ns = self.machine.now_ns
        elif not self.is_init:
            self._end(KILLED + number)

    def _end(self, exit_code: int) -> None:
        self.ending = Ending(self.machine.now_ns, exit_code)
        self._tasks = []

    def _spawn(self, steps: Callable[[Journal], Steps]) -> int:
        number = self._spawned = self._spawned + 1
        journal = self.journals.setdefault(number, Journal())
        self._tasks.append(Task(steps(journal), self.machine.now_ns))
        return number + 7
