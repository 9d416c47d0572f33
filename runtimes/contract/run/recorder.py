"""A pytest plugin that notes how each test of the suite went."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.report.model import Outcome, Verdict
from runtimes.contract.run.course import Course, entry_of, id_of
from runtimes.contract.run.watchdog import watched

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from contextlib import AbstractContextManager

    from runtimes.contract.run.plan import Plan
    from runtimes.contract.run.transcript import Transcript


@dataclass(slots=True, eq=False)
class Recorder:
    """Attributes:
    progress: told of each test as it ends.
    giving_up: given all tests so far when one hangs beyond help, before the process ends.
    """

    plan: Plan
    transcript: Transcript
    progress: Callable[[Outcome], None]
    giving_up: Callable[[list[Outcome]], None]
    tests: list[Outcome] = field(default_factory=list)
    _course: Course | None = None

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Keep what the plan asks for."""
        kept = [item for item in items if self._wants(item)]
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Note one test."""
        self.transcript.begin()
        self._course = Course(item)
        answer = yield
        self._add(self._course.outcome(self.transcript))
        return answer

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self) -> Generator[None, object, object]:
        """The first test of a module opens the backend."""
        with self._watched():
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Generator[None, object, object]:
        with self._watched():
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self) -> Generator[None, object, object]:
        """What the test made is removed; the last one of a module closes the backend."""
        with self._watched():
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if self._course is not None:
            for broken in self._course.take(report, call):
                self._add(broken)
        return report

    def _watched(self) -> AbstractContextManager[None]:
        """Fail a test that hangs, and end the process if even that doesn't help."""
        course = self._course
        assert course is not None

        def hung() -> None:
            course.verdict = Verdict.FAIL
            course.message = (
                f"hangs, and can't be interrupted, after {self.plan.patience:g} s;"
                " what this run made is left (label runtimes.contract/run)"
            )
            self._add(course.outcome(self.transcript))
            self.giving_up(self.tests)

        return watched(self.plan.patience, hung)

    def _wants(self, item: pytest.Item) -> bool:
        return self.plan.wants(entry_of(item)) and self.plan.wants_case(id_of(item))

    def _add(self, test: Outcome) -> None:
        self.tests.append(test)
        self.progress(test)
