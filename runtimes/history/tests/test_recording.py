"""Hops as they are written down, and code as it is counted."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.core import hops
from runtimes.core.hops import Layer
from runtimes.history.recording.lines import count, loaded
from runtimes.history.recording.peer import listener
from runtimes.history.recording.recorder import Recorder, read
from runtimes.history.story.caught import Hop

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    with Recorder(tmp_path / "hops") as recording:
        yield recording


def test_hops_are_written_with_what_they_were_made_inside(
    recorder: Recorder, tmp_path: Path
) -> None:
    with recorder.hop(Layer.CRI, "version", ""), recorder.hop(Layer.GRPC, "Version", "unix:///x"):
        pass
    with pytest.raises(KeyError), recorder.hop(Layer.CRI, "status", ""):
        raise KeyError("x")

    inner, outer, failed = (line for line in read(tmp_path / "hops") if isinstance(line, Hop))
    assert (inner.call, inner.peer, inner.inside) == ("Version", "unix:///x", outer.number)
    assert outer.begin_ns <= inner.begin_ns <= inner.end_ns <= outer.end_ns
    assert (failed.error, failed.inside) == ("KeyError", 0)


def test_hops_of_another_thread_are_inside_none(recorder: Recorder, tmp_path: Path) -> None:
    def call() -> None:
        with recorder.hop(Layer.CRI, "version", ""):
            pass

    with recorder.hop(Layer.POD, "sync_pod", ""):
        thread = threading.Thread(target=call)
        thread.start()
        thread.join()

    first, _ = read(tmp_path / "hops")
    assert isinstance(first, Hop)
    assert first.inside == 0


def test_a_line_that_was_cut_off_is_left_out(recorder: Recorder, tmp_path: Path) -> None:
    with recorder.hop(Layer.CRI, "version", ""):
        pass
    with (tmp_path / "hops").open("ab") as file:
        file.write(b'{"type":"hop","pid"')

    assert len(read(tmp_path / "hops")) == 1


def test_lines_of_code_are_neither_empty_nor_comments() -> None:
    assert count("import os\n\n# a remark\nx = 1  # one\n    \n") == 2


def test_code_that_is_loaded_is_counted_by_distribution() -> None:
    counted = loaded()

    assert counted["core"] >= count(Path(hops.__file__).read_text())
    assert "history" not in counted


def test_who_listens_at_a_socket_is_found(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as link:
        link.bind(str(tmp_path / "x.sock"))
        link.listen()

        found = listener(f"unix://{tmp_path}/x.sock")

    assert found is not None
    assert found.pid == os.getpid()
    assert listener(f"unix://{tmp_path}/none.sock") is None
    assert listener("tcp://127.0.0.1:2375") is None
