"""From what single tests and runs gave to what one report says: pure, but for `host`."""

from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING

from msgspec.structs import replace

from runtimes.contract import catalogue
from runtimes.contract.report.model import Host, Outcome, Verdict
from runtimes.contract.run.course import leaves

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runtimes.contract.report.model import Report


def merged(tests: Iterable[Outcome]) -> list[Outcome]:
    """One entry for each id: a test that ran several times is as bad as its worst run."""
    found: dict[str, Outcome] = {}
    for test in tests:
        before = found.get(test.id)
        found[test.id] = test if before is None else _worse(before, test)
    return list(found.values())


_WORST_FIRST = (
    Verdict.FAIL,
    Verdict.UNDECLARED,
    Verdict.KNOWN_FAILURE,
    Verdict.SKIPPED,
    Verdict.UNIMPLEMENTED,
    Verdict.PASS,
)


def _worse(one: Outcome, other: Outcome) -> Outcome:
    worse = min(one, other, key=lambda test: _WORST_FIRST.index(test.verdict))
    return replace(
        worse,
        runs=one.runs + other.runs,
        passed=one.passed + other.passed,
        ms=round((one.ms * one.runs + other.ms * other.runs) / (one.runs + other.runs), 1),
    )


def kept_promises(tests: list[Outcome]) -> list[Outcome]:
    """That nothing was left behind are tests too, of each package of which something passed."""
    known = {test.id for test in tests}
    passed = (test for test in tests if test.verdict is Verdict.PASS)
    packages = dict.fromkeys(test.id.partition(".")[0] for test in passed)
    return [
        leaves(entry.id)
        for entry in catalogue.catalogue().values()
        if entry.is_promise and entry.id not in known and entry.module.partition(".")[0] in packages
    ]


def host() -> Host:
    return Host(
        kernel=platform.release(),
        machine=platform.machine(),
        python=platform.python_version(),
        root=os.geteuid() == 0,
    )


def of_one_subject(reports: Iterable[Report]) -> list[Report]:
    """One report for each subject; what one part skipped and another ran, was run."""
    found: dict[str, list[Report]] = {}
    for report in reports:
        found.setdefault(report.subject.name, []).append(report)
    return [_together(parts) for parts in found.values()]


def _together(parts: list[Report]) -> Report:
    tests = [test for part in parts for test in part.tests]
    ran = {test.id for test in tests if test.verdict is not Verdict.SKIPPED}
    kept = [test for test in tests if test.id not in ran or test.verdict is not Verdict.SKIPPED]
    kinds = dict.fromkeys(part.subject.kind for part in parts)
    return replace(
        parts[0],
        subject=replace(parts[0].subject, kind=", ".join(kinds)),
        seconds=round(sum(part.seconds for part in parts), 1),
        tests=tuple(merged(sorted(kept, key=lambda test: test.id))),
    )
