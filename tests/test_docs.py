"""The documentation builds without a warning, and its Python runs."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest
from distributions import ROOT

if TYPE_CHECKING:
    from pathlib import Path

BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = sorted(path for path in (ROOT / "docs").rglob("*.md") if BLOCK.search(path.read_text()))


def blocks(page: Path, language: str) -> list[str]:
    return [m["code"] for m in BLOCK.finditer(page.read_text()) if m["language"] == language]


@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    source = str(ROOT / "docs")
    build = [sys.executable, "-m", "sphinx", "-W", "-q", "-b", "html", source, str(tmp_path)]

    done = subprocess.run(build, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_python_and_toml_of_a_page_are_valid(page: Path) -> None:
    namespace: dict[str, object] = {"__name__": __name__}
    for code in blocks(page, "python"):
        exec(compile(code, str(page), "exec", dont_inherit=True), namespace)
    for code in blocks(page, "toml"):
        tomllib.loads(code)


def test_the_figures_of_the_history_are_drawn_from_its_recording(tmp_path: Path) -> None:
    home = ROOT / "docs/history"
    draw = [sys.executable, str(ROOT / "scripts/history_figures.py"), str(tmp_path)]

    subprocess.run(draw, check=True)

    drawn = {path.name: path.read_text() for path in tmp_path.iterdir()}
    kept = {p.name: p.read_text() for p in home.iterdir() if p.name != "recording.json"}
    assert drawn == kept


def test_the_history_shows_every_figure() -> None:
    page = (ROOT / "docs/history.md").read_text()

    figures = {path.name for path in (ROOT / "docs/history").glob("*.svg")}

    assert figures
    assert {name for name in figures if f"(history/{name})" in page} == figures
