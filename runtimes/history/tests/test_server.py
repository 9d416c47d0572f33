"""The process that serves the CRI for a recording."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.history.recording import server
from runtimes.history.recording.server import Served, serving

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CHATTY = "import pathlib, sys; sys.stderr.write('x' * 200_000); pathlib.Path(sys.argv[1]).touch()"


@pytest.fixture
def served(tmp_path: Path) -> Served:
    return Served("fake", None, tmp_path / "hops.jsonl")


def test_one_that_says_much_is_not_held_up(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def chatty(_: Served, socket: Path) -> Sequence[str]:
        return (sys.executable, "-c", f"{CHATTY}; import time; time.sleep(1000)", str(socket))

    monkeypatch.setattr(server, "_argv", chatty)

    with serving(served, tmp_path / "cri.sock"):
        assert (tmp_path / "cri.sock").exists()


def test_one_that_does_not_come_up_is_told_with_its_words(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    argv = (sys.executable, "-c", "import sys; sys.exit('no such backend')")
    monkeypatch.setattr(server, "_argv", lambda *_: argv)

    with (
        pytest.raises(errors.Unavailable, match="no such backend"),
        serving(served, tmp_path / "x"),
    ):
        pass
