"""What of reports is worth keeping in a repository, and the tables that it makes.

summary.json    one entry for each subject, by name
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from runtimes.contract.report.markdown import one_line
from runtimes.contract.report.model import CONTRACT_VERSION, Result, Verdict
from runtimes.contract.report.verdict import by_profile, counts, result_of, share
from runtimes.core import typed_json
from runtimes.core.capability import Capability

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from runtimes.contract.report.model import Outcome, Report

FILE = "summary.json"
_NONE = "0/0"
_ORDER = (Result.NOT_CONFORMANT, Result.NOTHING_RAN, Result.PARTIAL, Result.CONFORMANT)
"""The worst first."""


class Share(msgspec.Struct, frozen=True, rename="camel"):
    """One profile: passed of those asked for."""

    core: str
    extended: str
    not_claimed: int
    skipped: int


class Exceptional(msgspec.Struct, frozen=True, rename="camel"):
    """A test that didn't pass, or can't be tried."""

    id: str
    verdict: Verdict
    message: str


class Summary(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    kind: str
    engine: str
    result: Result
    capabilities: tuple[str, ...]
    profiles: dict[str, Share]
    exceptional: tuple[Exceptional, ...]
    contract_version: str = CONTRACT_VERSION


def summarize(report: Report) -> Summary:
    subject = report.subject
    return Summary(
        name=subject.name,
        kind=subject.kind,
        engine=subject.engine,
        result=result_of(report.tests),
        capabilities=subject.capabilities,
        profiles={name: _share(tests) for name, tests in sorted(by_profile(report).items())},
        exceptional=tuple(
            Exceptional(test.id, test.verdict, one_line(test.message))
            for test in sorted(report.tests, key=lambda test: test.id)
            if test.verdict not in {Verdict.PASS, Verdict.UNIMPLEMENTED}
        ),
    )


def dump(summaries: Iterable[Summary]) -> str:
    ordered = sorted(summaries, key=lambda one: one.name)
    return msgspec.json.format(msgspec.json.encode(ordered), indent=2).decode() + "\n"


def read_summaries(path: Path) -> list[Summary]:
    return typed_json.decode(path.read_bytes(), list[Summary])


def worse(old: Sequence[Summary], new: Sequence[Summary]) -> list[str]:
    """Whose result is worse than it was, or gone."""
    now = {one.name: one.result for one in new}
    return [
        f"{one.name}: {one.result} -> {now.get(one.name, 'absent')}"
        for one in old
        if one.name not in now or _ORDER.index(now[one.name]) < _ORDER.index(one.result)
    ]


def tables(summaries: Sequence[Summary]) -> Iterator[str]:
    """Markdown: profiles by backend, then capabilities by backend."""
    names = [one.name for one in summaries]
    profiles = dict.fromkeys(profile for one in summaries for profile in one.profiles)
    yield from _head("", names)
    yield _row("engine", *(one.engine for one in summaries))
    yield _row("result", *(one.result for one in summaries))
    for profile in profiles:
        yield _row(profile, *(_cell(one.profiles.get(profile)) for one in summaries))
    yield ""
    yield from _head("capability", names)
    for capability in Capability:
        yield _row(
            f"`{capability}`", *("yes" * (capability in one.capabilities) for one in summaries)
        )


def exceptions(summary: Summary) -> Iterator[str]:
    """Markdown: what of one backend isn't as it should be, and why."""
    if summary.exceptional:
        yield from ("", f"## {summary.name}", "")
        yield from (f"- `{one.id}`: {one.verdict}: {one.message}" for one in summary.exceptional)


def slug(name: str) -> str:
    """A name as that of a folder."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _share(tests: Sequence[Outcome]) -> Share:
    found = counts(tests)
    return Share(
        core=share(tests, "core"),
        extended=share(tests, "extended"),
        not_claimed=found[Verdict.UNIMPLEMENTED],
        skipped=found[Verdict.SKIPPED],
    )


def _cell(one: Share | None) -> str:
    if one is None:
        return "-"
    return " + ".join(part for part in (one.core, one.extended) if part != _NONE) or "-"


def _head(first: str, names: Sequence[str]) -> Iterator[str]:
    yield _row(first, *names)
    yield _row("---", *(["---"] * len(names)))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
