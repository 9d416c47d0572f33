"""The pod's process: how it is waited for, and how Ctrl-C ends it."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

import pytest

from runtimes.history.recording.run import outcome

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SLOW_TO_REMOVE = """
import os, pathlib, signal, sys, time
removed = pathlib.Path(sys.argv[1])
signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    os.kill(os.getppid(), signal.SIGINT)
    time.sleep(1000)
except KeyboardInterrupt:
    time.sleep(0.5)
    removed.touch()
"""


def test_its_code_and_its_words_are_given() -> None:
    program = "import sys; sys.exit('words')"

    assert outcome([sys.executable, "-c", program], 60) == (1, "words\n")


@pytest.fixture
def _interruptible() -> Iterator[None]:
    """Though a run in the background ignores SIGINT."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_interruptible")
def test_one_that_is_interrupted_may_remove_its_pod(tmp_path: Path) -> None:
    removed = tmp_path / "removed"

    with pytest.raises(KeyboardInterrupt):
        outcome([sys.executable, "-c", SLOW_TO_REMOVE, str(removed)], 60)

    assert removed.exists()
