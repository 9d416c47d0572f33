"""How one test of the suite goes, from the pieces in which pytest tells of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from runtimes.contract import catalogue
from runtimes.contract.leaks.watch import PROMISES, UNSEEN, KnownLeak, Leaked
from runtimes.contract.report.model import Outcome, Verdict
from runtimes.contract.requires import NOT_CLAIMED, Undeclared
from runtimes.contract.run.redact import records, scrubbed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.contract.run.transcript import Transcript


@dataclass(slots=True)
class Course:
    """One test from its beginning to its end; passed, unless something else is said."""

    item: pytest.Item
    verdict: Verdict = Verdict.PASS
    message: str = ""
    details: str = ""
    began: float = field(default_factory=time.perf_counter)

    def take(self, report: pytest.TestReport, call: pytest.CallInfo[None]) -> list[Outcome]:
        """Note a piece; return the promises that the end of its run breaks."""
        if report.when == "teardown":
            return [] if call.excinfo is None else self._ended(report, call.excinfo.value)
        if not report.passed or hasattr(report, "wasxfail"):
            self.verdict = _verdict(self.item, report, call)
            self.message = _message(report, call)
            self.details = str(report.longrepr) if report.failed else ""
        return []

    def outcome(self, transcript: Transcript) -> Outcome:
        entry = entry_of(self.item)
        bad = self.verdict in {Verdict.FAIL, Verdict.UNDECLARED}
        return Outcome(
            id=id_of(self.item),
            profile=entry.profile,
            level=entry.level,
            verdict=self.verdict,
            ms=round((time.perf_counter() - self.began) * 1000, 1),
            message=scrubbed(self.message),
            details=scrubbed(self.details),
            capabilities=tuple(entry.requires),
            spec=catalogue.specification(entry),
            passed=int(self.verdict is Verdict.PASS),
            calls=tuple(records(transcript.calls())) if bad else (),
        )

    def _ended(self, report: pytest.TestReport, error: BaseException) -> list[Outcome]:
        """What the run left; or what the test made can't be removed, which is its own failure."""
        ends = _each(error)
        faults = [one for one in ends if not isinstance(one, Leaked | KnownLeak)]
        if faults:
            self.verdict, self.details = Verdict.FAIL, str(report.longrepr)
            self.message = f"at its end: {'; '.join(map(_said, faults))}"
        return [outcome for one in ends for outcome in self._promises(one)]

    def _promises(self, end: BaseException) -> Iterator[Outcome]:
        """What an end says of the promises of a run."""
        package = entry_of(self.item).module.partition(".")[0]
        if isinstance(end, Leaked):
            for name, what in end.left.items():
                message = f"after {id_of(self.item)}: {', '.join(what)}"
                yield _not_kept(package, name, Verdict.FAIL, message)
        if isinstance(end, Leaked | KnownLeak):
            for name, why in end.known.items():
                yield _not_kept(package, name, Verdict.KNOWN_FAILURE, why)
        if _kept_from_looking(end):
            for promise in PROMISES:
                message = f"not looked at: the end of {id_of(self.item)} failed"
                yield _not_kept(package, promise.__name__, Verdict.SKIPPED, message)


def _each(error: BaseException) -> list[BaseException]:
    """What several fixtures raise at one end comes in groups."""
    if isinstance(error, BaseExceptionGroup) and not _kept_from_looking(error):
        return [one for inner in error.exceptions for one in _each(inner)]
    return [error]


def _kept_from_looking(error: BaseException) -> bool:
    return UNSEEN in getattr(error, "__notes__", ())


def _not_kept(package: str, promise: str, verdict: Verdict, message: str) -> Outcome:
    kept = leaves(catalogue.promise_id(package, promise))
    return replace(kept, verdict=verdict, passed=0, message=scrubbed(message))


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


def entry_of(item: pytest.Item) -> catalogue.Entry:
    assert isinstance(item, pytest.Function)
    return catalogue.entry_of(item.function)


def id_of(item: pytest.Item) -> str:
    _, bracket, case = item.name.partition("[")
    return entry_of(item).id + bracket + case


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
    return _said(call.excinfo.value)


def _said(error: BaseException) -> str:
    kind, text = type(error).__name__, str(error).strip()
    return text if kind in {"Skipped", "Failed", "Hang"} else f"{kind}: {text}".rstrip(": ")


def _last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1].strip() if lines else ""
