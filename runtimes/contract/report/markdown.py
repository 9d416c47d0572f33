"""The report as Markdown: the verdict, a table of profiles, and what isn't as it should be."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from runtimes.contract.report.model import Verdict
from runtimes.contract.report.verdict import by_profile, counts, sentence, share

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from runtimes.contract.report.model import Outcome, Report

SECTIONS = {
    Verdict.FAIL: "Failed",
    Verdict.UNDECLARED: "Work, but aren't claimed",
    Verdict.KNOWN_FAILURE: "Known to fail",
    Verdict.SKIPPED: "Could not be tried",
}

_MOST_REASONS = 10


def dump(report: Report) -> str:
    host = report.host
    lines = [
        f"# {report.subject.name}: contract report",
        "",
        sentence(report),
        "",
        f"{report.subject.engine}; Linux {host.kernel} on {host.machine}, Python {host.python}.",
        "",
        f"{report.began}, {report.seconds:g} s.",
        "",
        *table(report),
        "",
    ]
    for verdict, title in SECTIONS.items():
        lines += _section(title, [test for test in report.tests if test.verdict is verdict])
    lines += ["Again:", "", f"    {report.command}"]
    return "\n".join(lines) + "\n"


def table(report: Report) -> Iterator[str]:
    yield "| profile | core | extended | not claimed | known to fail | skipped |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for profile, tests in by_profile(report).items():
        found = counts(tests)
        yield (
            f"| {profile} | {share(tests, 'core')} | {share(tests, 'extended')} |"
            f" {found[Verdict.UNIMPLEMENTED]} | {found[Verdict.KNOWN_FAILURE]} |"
            f" {found[Verdict.SKIPPED]} |"
        )


def _section(title: str, tests: Sequence[Outcome]) -> list[str]:
    if not tests:
        return []
    rows = [f"- `{test.id}`: {one_line(test.message)}" for test in tests]
    return [f"## {title}", "", *rows, ""]


def alike(tests: Iterable[Outcome]) -> list[tuple[str, int]]:
    """Messages and how many have them, if any are alike: most often one call is missing."""
    found = Counter(one_line(test.message) for test in tests).most_common(_MOST_REASONS)
    return found if found and found[0][1] > 1 else []


def one_line(text: str) -> str:
    first = text.strip().splitlines()[0] if text.strip() else ""
    return first if len(first) <= 200 else first[:197] + "..."
