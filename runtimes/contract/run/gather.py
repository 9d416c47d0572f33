"""A pytest plugin that writes reports of every subject that a session certifies, as it goes.

Each process of the session writes what it ran to ``.parts/``; the first process puts together what
belongs to one subject when all have ended.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from runtimes.contract import catalogue
from runtimes.contract.report import files, jsonfile
from runtimes.contract.report.model import Outcome, Report, Subject
from runtimes.contract.report.summary import FILE, dump, slug, summarize
from runtimes.contract.run.certified import certified
from runtimes.contract.run.course import Course, id_of
from runtimes.contract.run.merge import host, kept_promises, merged, of_one_subject

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from runtimes.contract.run.transcript import Transcript

PARTS = ".parts"


@dataclass(slots=True, eq=False)
class Gatherer:
    """Attributes:
    folder: of the reports; those of an earlier session are removed, and nothing else in it.
    part: names this process among those of the session.
    """

    folder: Path
    part: str
    is_first: bool
    transcript: Transcript
    _began: datetime = field(default_factory=lambda: datetime.now(UTC))
    _subjects: dict[str, Subject] = field(default_factory=dict)
    _tests: dict[str, list[Outcome]] = field(default_factory=dict)
    _course: Course | None = None
    _subject: str = ""

    def pytest_sessionstart(self) -> None:
        if self.is_first:
            _clear(self.folder)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Note one test, if it is the suite's and its subject could be opened."""
        self._subject = ""
        is_ours = isinstance(item, pytest.Function) and _base(item) in catalogue.catalogue()
        self._course = Course(item) if is_ours else None
        answer = yield
        if self._course is not None and self._subject:
            self._tests[self._subject].append(self._course.outcome(self.transcript))
        return answer

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if self._course is not None:
            self._know(item)
            broken = self._course.take(report, call)
            if self._subject:
                self._tests[self._subject] += broken
        return report

    def pytest_sessionfinish(self) -> None:
        """Write this process's part."""
        for name, tests in self._tests.items():
            path = self.folder / PARTS / f"{slug(name)}.{self.part}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(jsonfile.dump(self._report(name, tests)))

    def pytest_unconfigure(self) -> None:
        """Put the parts together, once no other process writes."""
        parts = self.folder / PARTS
        if not self.is_first or not parts.is_dir():
            return
        reports = of_one_subject(jsonfile.read(path) for path in sorted(parts.iterdir()))
        for report in reports:
            files.write(report, files.targets([str(self.folder / slug(report.subject.name))]))
        (self.folder / FILE).write_text(dump(map(summarize, reports)))
        shutil.rmtree(parts)

    def _know(self, item: pytest.Item) -> None:
        """Learn which subject the test is about, while it is open."""
        if self._subject:
            return
        found = certified(getattr(item, "funcargs", None) or {}, self._subjects)
        if found is not None:
            self._subject = found.name
            self._subjects[found.name] = found
            self._tests.setdefault(found.name, [])

    def _report(self, name: str, tests: list[Outcome]) -> Report:
        every = merged([*tests, *kept_promises(tests)])
        return Report(
            subject=self._subjects[name],
            host=host(),
            began=self._began.isoformat(timespec="seconds"),
            seconds=round(sum(test.ms for test in tests) / 1000, 1),
            command="scripts/test",
            tests=tuple(every),
        )


def _clear(folder: Path) -> None:
    shutil.rmtree(folder / PARTS, ignore_errors=True)
    (folder / FILE).unlink(missing_ok=True)
    for report in list(folder.glob("*/report.json")):
        files.clear(report.parent)


def _base(item: pytest.Function) -> str:
    return id_of(item).partition("[")[0]
