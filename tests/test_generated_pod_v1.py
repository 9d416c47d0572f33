"""v1.py says what the table of fields says, and nothing was edited by hand."""

from __future__ import annotations

import runpy
from pathlib import Path

GENERATOR = Path(__file__).resolve().parent.parent / "scripts" / "generate_v1.py"


def test_regenerating_v1_changes_nothing() -> None:
    generator = runpy.run_path(str(GENERATOR))

    written = generator["write_module"](generator["read_table"](generator["TABLE"].read_text()))

    assert written == generator["MODULE"].read_text(encoding="utf-8")


def test_the_table_survives_reading_and_writing() -> None:
    generator = runpy.run_path(str(GENERATOR))
    text = generator["TABLE"].read_text()

    assert generator["write_table"](generator["read_table"](text)) == text
