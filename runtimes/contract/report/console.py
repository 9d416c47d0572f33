"""What a person sees while the suite runs, and at its end."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from runtimes.contract.report.markdown import alike, one_line
from runtimes.contract.report.model import Result, Verdict
from runtimes.contract.report.verdict import by_profile, counts, result_of, sentence, share

if TYPE_CHECKING:
    from typing import TextIO

    from runtimes.contract.report.model import Outcome, Report

_COLOURS = {
    Verdict.PASS: "green",
    Verdict.FAIL: "red",
    Verdict.UNDECLARED: "red",
    Verdict.KNOWN_FAILURE: "yellow",
    Verdict.SKIPPED: "yellow",
    Verdict.UNIMPLEMENTED: "blue",
}
_RESULTS = {Result.CONFORMANT: "green", Result.PARTIAL: "yellow"}
_QUIET = {Verdict.PASS, Verdict.UNIMPLEMENTED}
_LAST_CALLS = 5


@dataclass(slots=True)
class Console:
    """Attributes:
    verbose: a line for each test, instead of one for each that isn't as it should be.
    out: kept from the start, since pytest puts others in its place.
    """

    verbose: bool = False
    out: TextIO = field(default_factory=lambda: sys.stdout)

    def progress(self, test: Outcome) -> None:
        """Show a test that has ended."""
        if self.verbose or test.verdict not in _QUIET:
            word = click.style(f"{test.verdict:13}", fg=_COLOURS[test.verdict])
            self._say(f"{word} {test.id}  {test.ms:.0f} ms")
        if test.verdict not in _QUIET:
            self._say(f"{'':13} {one_line(test.message)}")
        if test.verdict in {Verdict.FAIL, Verdict.UNDECLARED}:
            self._explain(test)

    def end(self, report: Report) -> None:
        """Show the table and the verdict."""
        self._say()
        self._say(f"{'PROFILE':12} {'CORE':>9} {'EXTENDED':>9} {'FAIL':>6} {'NOT CLAIMED':>12}")
        for profile, tests in by_profile(report).items():
            found = counts(tests)
            failed = found[Verdict.FAIL] + found[Verdict.UNDECLARED]
            self._say(
                f"{profile:12} {share(tests, 'core'):>9} {share(tests, 'extended'):>9}"
                f" {failed:>6} {found[Verdict.UNIMPLEMENTED]:>12}"
            )
        self._flaky(report)
        self._in_short(report)
        self._say()
        colour = _RESULTS.get(result_of(report.tests), "red")
        self._say(click.style(sentence(report), fg=colour, bold=True))

    def _say(self, text: str = "") -> None:
        with suppress(BrokenPipeError):  # whoever reads no more, as head does: reports are written
            click.echo(text, file=self.out)

    def _explain(self, test: Outcome) -> None:
        for call in test.calls[-_LAST_CALLS:]:
            took = "never returned" if call.ms is None else f"{call.ms:.0f} ms"
            self._say(f"{'':13}   {call.name}({one_line(call.request)[:90]})  {took}")
            if call.error:
                self._say(f"{'':13}     {one_line(call.error)}")
        self._say(f"{'':13}   why: runtimes contract explain {test.id.partition('[')[0]}")

    def _in_short(self, report: Report) -> None:
        for message, count in alike(test for test in report.tests if test.verdict is Verdict.FAIL):
            if count > 1:
                self._say(f"failed alike: {count} by {message}")

    def _flaky(self, report: Report) -> None:
        for test in report.tests:
            if test.runs > 1 and 0 < test.passed < test.runs:
                self._say(f"passed {test.passed} of {test.runs} times: {test.id}")
