"""The agent in a process of its own, in real containers, under kills: a short soak."""

from __future__ import annotations

import subprocess
import sys

import pytest
from distributions import ROOT

pytestmark = [pytest.mark.needs_oci, pytest.mark.needs_root]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_everything_comes_back_after_random_kills_and_nothing_is_left() -> None:
    soak = [sys.executable, str(ROOT / "benchmarks/soak.py"), "6", "3"]

    done = subprocess.run(soak, capture_output=True, text=True, check=False, timeout=590)

    assert done.returncode == 0, done.stdout + done.stderr
