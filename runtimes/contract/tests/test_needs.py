"""What the marks `needs_...` ask for is there before a test begins."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

ENGINE = """
import signal
from runtimes.contract.engines.session import EngineSession

def start(self, engine):
    return {"SECONDS_LEFT": str(signal.getitimer(signal.ITIMER_REAL)[0])}

EngineSession._start = start
"""
TESTS = """
import signal
import pytest

@pytest.mark.timeout(60, method="signal")
@pytest.mark.needs_docker
def test_it(runtimes_engines):
    assert signal.getitimer(signal.ITIMER_REAL)[0] > 0
    assert runtimes_engines.env("dockerd") == {"SECONDS_LEFT": "0.0"}
"""


def test_starting_an_engine_takes_nothing_of_a_tests_own_time(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(ENGINE)
    (tmp_path / "test_it.py").write_text(TESTS)

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--rootdir", tmp_path, tmp_path],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout
