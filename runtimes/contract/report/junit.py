"""The report as JUnit XML: profiles are suites, modules are classes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from runtimes.contract.report.model import Verdict
from runtimes.contract.report.verdict import by_profile, counts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runtimes.contract.report.model import Outcome, Report

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def dump(report: Report) -> str:
    suites = [
        line
        for profile, tests in by_profile(report).items()
        for line in _suite(f"{report.subject.name}.{profile}", tests, report.began)
    ]
    lines = ['<?xml version="1.0" encoding="utf-8"?>', "<testsuites>", *suites, "</testsuites>"]
    return "\n".join(lines) + "\n"


def _suite(name: str, tests: Sequence[Outcome], began: str) -> Iterator[str]:
    found = counts(tests)
    failures = found[Verdict.FAIL] + found[Verdict.UNDECLARED]
    skipped = len(tests) - failures - found[Verdict.PASS]
    yield (
        f'  <testsuite name={_quoted(name)} timestamp={_quoted(began)} tests="{len(tests)}"'
        f' failures="{failures}" errors="0" skipped="{skipped}" time="{_seconds(tests):.3f}">'
    )
    for test in tests:
        yield from _case(test)
    yield "  </testsuite>"


def _case(test: Outcome) -> Iterator[str]:
    base, bracket, case = test.id.partition("[")
    module, _, name = base.rpartition(".")
    head = (
        f"    <testcase classname={_quoted(module)} name={_quoted(name + bracket + case)}"
        f' time="{test.ms / 1000:.3f}"'
    )
    if test.verdict is Verdict.PASS:
        yield f"{head}/>"
        return
    yield f"{head}>"
    message = _quoted(f"{test.verdict}: {test.message}")
    if test.verdict in {Verdict.FAIL, Verdict.UNDECLARED}:
        yield f"      <failure message={message}>{escape(_clean(test.details))}</failure>"
    else:
        yield f"      <skipped message={message}/>"
    yield "    </testcase>"


def _seconds(tests: Sequence[Outcome]) -> float:
    return sum(test.ms for test in tests) / 1000


def _quoted(text: str) -> str:
    return quoteattr(_clean(text))


def _clean(text: str) -> str:
    return _NOT_XML.sub("?", text)
