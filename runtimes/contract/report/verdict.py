"""From tests to a verdict: pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from runtimes.contract.report.model import Result, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runtimes.contract.report.model import Outcome, Report

CONFORMANT, NOT_CONFORMANT, USAGE, PARTIAL, UNUSABLE, NOTHING_RAN = range(6)
"""Exit codes."""

_AGAINST = {Verdict.FAIL, Verdict.UNDECLARED}
NOT_RUN = frozenset({Verdict.SKIPPED, Verdict.UNIMPLEMENTED})
_EXIT = {
    Result.CONFORMANT: CONFORMANT,
    Result.NOT_CONFORMANT: NOT_CONFORMANT,
    Result.PARTIAL: PARTIAL,
    Result.NOTHING_RAN: NOTHING_RAN,
}


def result_of(tests: Iterable[Outcome]) -> Result:
    """Core must pass whole: a test of it that is skipped or known to fail makes it partial."""
    tests = tuple(tests)
    if all(test.verdict in NOT_RUN for test in tests):
        return Result.NOTHING_RAN
    if any(test.verdict in _AGAINST for test in tests):
        return Result.NOT_CONFORMANT
    core = [test for test in tests if test.level == "core"]
    if any(test.verdict is not Verdict.PASS for test in core):
        return Result.PARTIAL
    return Result.CONFORMANT


def exit_code(report: Report) -> int:
    return _EXIT[result_of(report.tests)]


def counts(tests: Iterable[Outcome]) -> Counter[Verdict]:
    return Counter(test.verdict for test in tests)


def by_profile(report: Report) -> dict[str, list[Outcome]]:
    """Tests by profile, in the order in which they ran."""
    found: dict[str, list[Outcome]] = {}
    for test in report.tests:
        found.setdefault(test.profile, []).append(test)
    return found


def share(tests: Iterable[Outcome], level: str = "") -> str:
    """Passed of those that were asked for, e.g. ``61/61``."""
    asked = [
        test
        for test in tests
        if test.verdict is not Verdict.UNIMPLEMENTED and level in {"", test.level}
    ]
    passed = sum(test.verdict is Verdict.PASS for test in asked)
    return f"{passed}/{len(asked)}"


def sentence(report: Report) -> str:
    """The verdict as one sentence."""
    subject = report.subject
    name = f"{subject.name} {subject.version}".strip()
    found = counts(report.tests)
    against = [
        f"{found[verdict]} {word}"
        for verdict, word in (
            (Verdict.FAIL, "failed"),
            (Verdict.UNDECLARED, "undeclared"),
            (Verdict.KNOWN_FAILURE, "known to fail"),
            (Verdict.SKIPPED, "skipped"),
        )
        if found[verdict]
    ]
    tail = f" - {', '.join(against)}" if against else ""
    part = " (a part of it)" if report.only else ""
    contract = f"contract {report.contract_version}{part}"
    result = result_of(report.tests)
    if result is Result.NOTHING_RAN:
        return f"{name} was not held to {contract}: nothing ran{tail}."
    parts = ", ".join(f"{profile} {share(tests)}" for profile, tests in by_profile(report).items())
    return f"{name} is {result} to {contract}: {parts}{tail}."
