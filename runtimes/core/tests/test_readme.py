"""The README's Python runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_README = Path(__file__).parents[1] / "README.md"


def test_the_readmes_code_prints_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    for code in _BLOCK.findall(_README.read_text(encoding="utf-8")):
        exec(compile(code, str(_README), "exec"), {})

    out = capsys.readouterr().out
    assert "docker.io/library/busybox:latest\n1610612736\n" in out
    assert out.endswith("stdout b'hello\\n'\n[b'hello\\n']\n")
