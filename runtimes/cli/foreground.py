"""Run pods in the foreground: drive them, show their logs, stop them when the user wants.

drivers, one thread a pod:  sync, wait for a change, sync ...      -> views
this thread:                views -> logs -> terminal; signals -> stop, then kill;
                            pods that ended -> what a Job wants next
"""

from __future__ import annotations

import contextvars
import signal
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.cli.ending import reasons
from runtimes.cli.exit_codes import of_start_failure
from runtimes.cli.failure import RUNTIME_FAILED, lines
from runtimes.cli.messages import note
from runtimes.client import StartFailed
from runtimes.client.log_lines import Merger
from runtimes.client.progress import start_failure
from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runtimes.cli.output.log_printer import LogPrinter
    from runtimes.cli.work import Work
    from runtimes.client import Pod, PodView

PERIOD = 0.05
_LEAVE_AFTER = 3.0


@dataclass(slots=True)
class _Run:
    """One pod: what its driver saw last, and how it ended."""

    pod: Pod
    merger: Merger
    view: PodView | None = None
    failure: tuple[str, str, str] | None = None
    error: BaseException | None = None
    done: bool = False


class Foreground:
    """Runs pods until all have ended; used once."""

    def __init__(
        self, work: Work, printer: LogPrinter, *, before_output: Callable[[], None]
    ) -> None:
        """Prepare; `before_output` is called once before the first line of a container."""
        self._work = work
        self._runs = [_Run(pod, Merger()) for pod in work.pods]
        self._printer = printer
        self._before_output: Callable[[], None] | None = before_output
        self._changed = threading.Condition()
        self._signals: list[int] = []
        self._stops: list[threading.Thread] = []
        self._asked = 0
        self._failed = False

    def run(self) -> int:
        """Run the pods, and return the exit code of the first that failed, 0 if none did."""
        for one in self._runs:
            self._start(one)
        with self._listening():
            try:
                self._follow()
            except BaseException:
                self._stop(None)
                self._join_stops()
                raise
            finally:
                for one in self._runs:
                    one.merger.close()
        counted = (one for one in self._runs if not self._work.excuses(one.pod))
        codes = [self._code(one) for one in counted]
        return next((code for code in codes if code), 0)

    def _start(self, one: _Run) -> None:
        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(self._drive, one), daemon=True).start()

    def _drive(self, one: _Run) -> None:
        try:
            one.pod.drive(lambda view: self._saw(one, view))
        except BaseException as error:  # noqa: BLE001 - told by the main thread
            one.error = error
        finally:
            with self._changed:
                one.done = True
                self._changed.notify_all()

    def _saw(self, one: _Run, view: PodView) -> bool:
        with self._changed:
            one.view = view
            one.failure = one.failure or start_failure(view)
            self._changed.notify_all()
        return one.failure is not None

    def _follow(self) -> None:
        left_at = float("inf")
        while True:
            moved = self._show()
            self._react()
            ended = self._go_on()
            over = ended and not self._stopping()
            if over and not moved:
                self._show()
                return
            if self._asked and not self._stopping():
                left_at = min(left_at, time.monotonic() + _LEAVE_AFTER)
            if time.monotonic() >= left_at:
                return
            if not moved:
                with self._changed:
                    self._changed.wait(PERIOD)

    def _show(self) -> bool:
        moved = False
        for one in self._runs:
            view = one.view
            if view is not None:
                one.merger.update(view.observed.containers)
            for line in one.merger.lines():
                moved = True
                self._begin_output()
                label = line.container
                if self._work.several:
                    label = f"{one.pod.name}/{label}"
                self._printer.print(line, label)
        return moved

    def _begin_output(self) -> None:
        if self._before_output is not None:
            self._before_output()
            self._before_output = None

    def _react(self) -> None:
        """Stop all pods at the first signal or failed start; kill them at the second signal."""
        if not self._failed and any(one.failure or one.error for one in self._runs):
            self._failed = True
            self._stop(None)
        while self._asked < len(self._signals):
            self._asked += 1
            if self._asked == 1:
                note("stopping; once more to kill")
                self._stop(None)
            elif self._asked == 2:
                note("killing")
                self._stop(0)

    def _go_on(self) -> bool:
        """Begin and stop what the Jobs want, unless all is being stopped; tell if all has ended."""
        ended = sum(one.done for one in self._runs)
        if self._asked or self._failed:
            return ended == len(self._runs)
        change = self._work.change(ended)
        for pod in change.start:
            self._runs.append(_Run(pod, Merger()))
            self._start(self._runs[-1])
        for one in self._runs:
            if one.pod.full_name in change.stop:
                self._begin_stop(one, None)
        return ended == len(self._runs)

    def _stop(self, grace: int | None) -> None:
        for one in self._runs:
            self._begin_stop(one, grace)

    def _begin_stop(self, one: _Run, grace: int | None) -> None:
        stop = threading.Thread(target=self._stop_one, args=(one, grace), daemon=True)
        stop.start()
        self._stops.append(stop)

    def _stop_one(self, one: _Run, grace: int | None) -> None:
        try:
            one.pod.stop(grace)
        except errors.Error as error:
            note(str(error))
        finally:
            with self._changed:
                self._changed.notify_all()

    def _stopping(self) -> bool:
        return any(stop.is_alive() for stop in self._stops)

    def _join_stops(self) -> None:
        for stop in self._stops:
            stop.join()

    def _code(self, one: _Run) -> int:
        if one.failure is not None:
            note(str(StartFailed(one.pod.full_name, *one.failure)))
            return of_start_failure(one.failure[1], one.failure[2])
        if one.error is not None:
            for line in lines(one.error):
                note(line.removeprefix("runtimes: "))
            return RUNTIME_FAILED
        code = one.view.exit_code if one.view is not None else None
        if code is None:
            return 128 + self._signals[0] if self._signals else RUNTIME_FAILED
        if one.view is not None and not self._asked:
            for reason in reasons(one.view):
                note(reason)
        return code

    @contextmanager
    def _listening(self) -> Iterator[None]:
        """Count signals instead of dying of them, while inside; ignored ones stay so."""
        all_of_them = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        handled = [one for one in all_of_them if signal.getsignal(one) is not signal.SIG_IGN]
        before = {number: signal.signal(number, self._signalled) for number in handled}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _signalled(self, number: int, frame: object) -> None:
        del frame
        self._signals.append(number)
