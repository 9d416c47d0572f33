"""A pytest plugin that notes how each test of the suite went."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from runtimes.contract import catalogue
from runtimes.contract.leaks.watch import Leaked
from runtimes.contract.report.model import Outcome, Verdict
from runtimes.contract.requires import NOT_CLAIMED, Undeclared
from runtimes.contract.run.redact import records
from runtimes.contract.run.watchdog import watched

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

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
    _verdict: Verdict = Verdict.PASS
    _message: str = ""
    _details: str = ""

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
        self._verdict, self._message, self._details = Verdict.PASS, "", ""
        self.transcript.begin()
        begin = time.perf_counter()
        answer = yield
        self._note(item, time.perf_counter() - begin)
        return answer

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Fail a test that hangs, and end the process if even that doesn't help."""

        def hung() -> None:
            self._verdict = Verdict.FAIL
            self._message = f"hangs, and can't be interrupted, after {self.plan.patience:g} s"
            self._note(item, self.plan.patience)
            self.giving_up(self.tests)

        with watched(self.plan.patience, hung):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if report.when == "teardown":
            if report.failed:
                self._judge_teardown(item, report, call)
        elif not report.passed or hasattr(report, "wasxfail"):
            self._verdict = _verdict(item, report, call)
            self._message = _message(report, call)
            self._details = str(report.longrepr) if report.failed else ""
        return report

    def _wants(self, item: pytest.Item) -> bool:
        return self.plan.wants(_entry(item)) and self.plan.wants_case(_id(item))

    def _note(self, item: pytest.Item, seconds: float) -> None:
        entry = _entry(item)
        bad = self._verdict in {Verdict.FAIL, Verdict.UNDECLARED}
        test = Outcome(
            id=_id(item),
            profile=entry.profile,
            level=entry.level,
            verdict=self._verdict,
            ms=round(seconds * 1000, 1),
            message=self._message,
            details=self._details,
            capabilities=tuple(entry.requires),
            spec=catalogue.specification(entry),
            passed=int(self._verdict is Verdict.PASS),
            calls=tuple(records(self.transcript.calls())) if bad else (),
        )
        self._add(test)

    def _judge_teardown(
        self, item: pytest.Item, report: pytest.TestReport, call: pytest.CallInfo[None]
    ) -> None:
        """Note what the run left, or that what the test made can't be removed."""
        error = call.excinfo.value if call.excinfo is not None else None
        if not isinstance(error, Leaked):
            self._verdict, self._details = Verdict.FAIL, str(report.longrepr)
            self._message = f"its end: {_message(report, call)}"
            return
        package = _entry(item).module.partition(".")[0]
        for name, what in error.left.items():
            kept = leaves(catalogue.promise_id(package, name))
            message = f"after {_id(item)}: {', '.join(what)}"
            self._add(replace(kept, verdict=Verdict.FAIL, passed=0, message=message))

    def _add(self, test: Outcome) -> None:
        self.tests.append(test)
        self.progress(test)


def leaves(promise: str) -> Outcome:
    """What every run promises, kept."""
    entry = catalogue.catalogue()[promise]
    return Outcome(
        id=promise,
        profile=entry.profile,
        level=entry.level,
        verdict=Verdict.PASS,
        ms=0.0,
        spec=catalogue.specification(entry),
        passed=1,
    )


def _entry(item: pytest.Item) -> catalogue.Entry:
    assert isinstance(item, pytest.Function)
    return catalogue.entry_of(item.function)


def _id(item: pytest.Item) -> str:
    _, bracket, case = item.name.partition("[")
    return _entry(item).id + bracket + case


def _verdict(item: pytest.Item, report: pytest.TestReport, call: pytest.CallInfo[None]) -> Verdict:
    if hasattr(report, "wasxfail"):
        return Verdict.KNOWN_FAILURE
    if report.skipped:
        return Verdict.UNIMPLEMENTED if item.stash.get(NOT_CLAIMED, False) else Verdict.SKIPPED
    undeclared = call.excinfo is not None and call.excinfo.errisinstance(Undeclared)
    return Verdict.UNDECLARED if undeclared else Verdict.FAIL


def _message(report: pytest.TestReport, call: pytest.CallInfo[None]) -> str:
    if hasattr(report, "wasxfail"):
        return report.wasxfail
    if call.excinfo is None:  # a known failure that passes
        return f"{_last_line(str(report.longrepr))}; it passes now: no longer a known failure"
    kind = call.excinfo.type.__name__
    text = str(call.excinfo.value).strip()
    return text if kind in {"Skipped", "Failed", "Hang"} else f"{kind}: {text}".rstrip(": ")


def _last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1].strip() if lines else ""
