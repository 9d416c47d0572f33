"""Several reports side by side, and what changed from one to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.contract.report.model import Verdict
from runtimes.contract.report.summary import summarize, tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runtimes.contract.report.model import Report

_BAD = {Verdict.FAIL, Verdict.UNDECLARED}


def matrix(reports: Sequence[Report]) -> str:
    """Markdown: profiles by backend, then capabilities by backend."""
    return "\n".join(tables([summarize(report) for report in reports])) + "\n"


def differences(old: Report, new: Report) -> Iterator[str]:
    """One line for each test whose verdict changed, came or went; the worst first."""
    before = {test.id: test.verdict for test in old.tests}
    after = {test.id: test.verdict for test in new.tests}
    changed = [
        (test, before.get(test), after.get(test))
        for test in dict.fromkeys([*before, *after])
        if before.get(test) != after.get(test)
    ]
    for test, was, now in sorted(changed, key=lambda change: change[2] not in _BAD):
        yield f"{test}: {was or 'absent'} -> {now or 'absent'}"


def is_worse(old: Report, new: Report) -> bool:
    """Whether something that was fine, or wasn't there, is now bad; or a pass is gone."""
    before = {test.id: test.verdict for test in old.tests}
    after = {test.id: test.verdict for test in new.tests}
    broke = any(after[test] in _BAD and before.get(test) not in _BAD for test in after)
    lost = any(
        verdict is Verdict.PASS and after.get(test) is not Verdict.PASS
        for test, verdict in before.items()
    )
    return broke or lost
