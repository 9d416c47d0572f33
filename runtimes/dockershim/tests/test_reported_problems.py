"""The page of reported problems names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs/what-went-wrong-on-docker.md"


def test_every_problem_has_tests_and_each_of_them_exists() -> None:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")][2:]
    named = [re.findall(r"`(test_\w+)`", row) for row in rows]
    sources = (path.read_text() for path in (ROOT / "runtimes").rglob("*.py"))
    there = {name for source in sources for name in re.findall(r"def (test_\w+)", source)}

    assert len(rows) == 36
    assert all(named)
    assert {name for names in named for name in names} - there == set()
