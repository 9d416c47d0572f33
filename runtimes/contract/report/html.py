"""The report as one HTML file without anything from elsewhere: verdict, profiles, tests, calls."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.contract.report.markdown import SECTIONS, alike, one_line
from runtimes.contract.report.model import Verdict
from runtimes.contract.report.verdict import by_profile, counts, result_of, sentence, share

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runtimes.contract.report.model import Outcome, Record, Report

_STYLE = Path(__file__).with_name("report.css")
_SHOWN = tuple(SECTIONS)
_OPEN = 3
"""Failures that are shown whole at once."""
_BAR = (Verdict.PASS, *_SHOWN, Verdict.UNIMPLEMENTED)


def dump(report: Report) -> str:
    title = f"{report.subject.name}: contract {report.contract_version}"
    body = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="verdict {_slug(result_of(report.tests))}">{escape(sentence(report))}</p>',
        *_facts(report),
        *_profiles(report),
        *_exceptions(report),
        *_everything(report),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE.read_text()}</style></head>"
        f"<body><main>{''.join(body)}</main></body></html>\n"
    )


def _facts(report: Report) -> Iterator[str]:
    host, subject = report.host, report.subject
    facts = {
        "Backend": f"{subject.name} ({subject.kind}) {subject.package} {subject.version}".strip(),
        "Engine": subject.engine,
        "Host": f"Linux {host.kernel}, {host.machine}, Python {host.python}"
        + (", root" if host.root else ""),
        "When": f"{report.began}, {report.seconds:g} s",
        "Claims": ", ".join(subject.capabilities) or "nothing optional",
    }
    yield "<dl>"
    for name, text in facts.items():
        yield f"<dt>{name}</dt><dd>{escape(text)}</dd>"
    yield f"<dt>Again</dt><dd><code>{escape(report.command)}</code></dd></dl>"


def _profiles(report: Report) -> Iterator[str]:
    yield "<h2>Profiles</h2><table><tr><th>profile<th>core<th>extended<th>how it went</tr>"
    for profile, tests in by_profile(report).items():
        yield (
            f"<tr><td>{escape(profile)}<td>{share(tests, 'core')}<td>{share(tests, 'extended')}"
            f"<td>{_bar(tests)}</tr>"
        )
    yield f"</table>{_legend(report)}"


def _legend(report: Report) -> str:
    """What the colours of the bars mean, of those that there are."""
    found = counts(report.tests)
    words = [
        f'<span class="dot {_slug(verdict)}"></span>{found[verdict]} {verdict}'
        for verdict in _BAR
        if found[verdict]
    ]
    return f'<p class="legend">{" &nbsp; ".join(words)}</p>'


def _bar(tests: Sequence[Outcome]) -> str:
    found = counts(tests)
    parts = [
        f'<span class="{_slug(verdict)}" style="flex:{found[verdict]}"'
        f' title="{found[verdict]} {verdict}"></span>'
        for verdict in _BAR
        if found[verdict]
    ]
    return f'<div class="bar">{"".join(parts)}</div>'


def _exceptions(report: Report) -> Iterator[str]:
    for verdict in _SHOWN:
        tests = [test for test in report.tests if test.verdict is verdict]
        if tests:
            yield f"<h2>{SECTIONS[verdict]}: {len(tests)}</h2>"
            yield from _in_short(tests)
        for number, test in enumerate(tests):
            yield from _exception(test, is_open=verdict is Verdict.FAIL and number < _OPEN)


def _in_short(tests: Sequence[Outcome]) -> Iterator[str]:
    if shared := alike(tests):
        yield '<ul class="short">'
        yield from (f"<li><b>{count}</b> {escape(message)}</li>" for message, count in shared)
        yield "</ul>"


def _exception(test: Outcome, *, is_open: bool) -> Iterator[str]:
    yield f'<details class="test {_slug(test.verdict)}"{" open" * is_open}>'
    yield f"<summary><code>{escape(test.id)}</code> {escape(one_line(test.message))}</summary>"
    yield f'<p class="spec">{escape(test.spec)}</p>'
    if test.calls:
        many = f"The last {len(test.calls)} calls" if len(test.calls) > 1 else "The only call"
        yield f"<h3>{many}</h3><ol class='calls'>"
        yield from map(_call, test.calls)
        yield "</ol>"
    if test.details:
        yield f"<details><summary>What pytest says</summary><pre>{escape(test.details)}</pre>"
        yield "</details>"
    yield "</details>"


def _call(call: Record) -> str:
    took = "never returned" if call.ms is None else f"{call.ms:g} ms"
    answer = (
        f'<pre class="fail">{escape(call.error)}</pre>'
        if call.error
        else f"<pre>{escape(call.answer)}</pre>"
    )
    went_wrong = bool(call.error) or call.ms is None
    return (
        f"<li><details{' open' * went_wrong}><summary><b>{escape(call.name)}</b> <i>{took}</i>"
        f"</summary><pre>{escape(call.request)}</pre>{answer}</details></li>"
    )


def _everything(report: Report) -> Iterator[str]:
    yield f"<h2>All {len(report.tests)} tests</h2>"
    for profile, tests in by_profile(report).items():
        yield f"<details><summary>{escape(profile)}: {len(tests)}</summary><table>"
        for test in tests:
            again = f" {test.passed}/{test.runs}" if test.runs > 1 else ""
            yield (
                f'<tr><td><span class="dot {_slug(test.verdict)}"></span>{test.verdict}{again}'
                f"<td><code>{escape(test.id)}</code><td>{test.level}<td>{test.ms:g} ms</tr>"
            )
        yield "</table></details>"


def _slug(words: str) -> str:
    return words.replace(" ", "-")
