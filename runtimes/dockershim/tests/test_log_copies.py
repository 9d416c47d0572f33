"""Every line of the Engine's log is in the CRI's exactly once, whenever who copies is killed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runtimes.dockershim.logs import copy, json_file
from runtimes.dockershim.logs import record as records
from runtimes.dockershim.logs.record import LogRecord


def engine_line(number: int, stream: str = "stdout", end: str = "\n") -> bytes:
    found = {
        "log": f"line {number}{end}",
        "stream": stream,
        "time": f"2026-01-02T03:04:05.{number:09d}Z",
    }
    return json.dumps(found).encode() + b"\n"


@pytest.fixture
def log(tmp_path: Path) -> LogRecord:
    record = LogRecord(path=str(tmp_path / "0.log"), source=str(tmp_path / "json.log"))
    records.make(tmp_path / "state", record)
    return record


def write(log: LogRecord, *numbers: int) -> None:
    with Path(log.source).open("ab") as file:
        file.writelines(map(engine_line, numbers))


def copied(path: str) -> list[int]:
    with Path(path).open("rb") as file:
        return [int(line.rpartition(b" ")[2]) for line in file]


def test_lines_keep_time_stream_and_partiality() -> None:
    lines = json_file.convert(engine_line(1) + engine_line(2, "stderr", end=""))

    assert lines == (
        b"2026-01-02T03:04:05.000000001Z stdout F line 1\n"
        b"2026-01-02T03:04:05.000000002Z stderr P line 2\n"
    )


def test_a_line_that_an_engine_was_killed_in_costs_no_other() -> None:
    torn = engine_line(1)[:20] + engine_line(2)

    assert json_file.convert(torn) == json_file.convert(engine_line(2))


def test_a_log_whose_folder_was_removed_goes_on_in_a_new_one(tmp_path: Path) -> None:
    (tmp_path / "pod").mkdir()
    log = LogRecord(path=str(tmp_path / "pod/0.log"), source=str(tmp_path / "json.log"))
    records.make(tmp_path / "state", log)
    write(log, 1)
    copy.advance(tmp_path / "state")
    Path(log.path).unlink()
    Path(log.path).parent.rmdir()
    write(log, 2)

    copy.finish(tmp_path / "state")

    assert copied(log.path) == [2]


@pytest.mark.parametrize("already", range(0, 150, 7))
def test_a_kill_between_append_and_record_neither_loses_nor_doubles(
    log: LogRecord, tmp_path: Path, already: int
) -> None:
    write(log, 1, 2)
    copy.advance(tmp_path / "state")
    before = records.read(tmp_path / "state")
    assert before is not None
    write(log, 3, 4, 5)
    lines = json_file.convert(b"".join(map(engine_line, (3, 4, 5))))
    with Path(log.path).open("ab") as file:
        file.write(lines[:already])  # As far as a killed one came.

    copy.advance(tmp_path / "state")

    assert copied(log.path) == [1, 2, 3, 4, 5]


def test_a_line_that_is_still_being_written_waits(log: LogRecord, tmp_path: Path) -> None:
    line = engine_line(1)
    with Path(log.source).open("ab") as file:
        file.write(line[:10])
        file.flush()
        copy.advance(tmp_path / "state")
        assert copied(log.path) == []
        file.write(line[10:])

    copy.advance(tmp_path / "state")

    assert copied(log.path) == [1]


def test_the_engines_own_rotation_is_followed(log: LogRecord, tmp_path: Path) -> None:
    write(log, 1)
    copy.advance(tmp_path / "state")
    write(log, 2)
    Path(log.source).rename(f"{log.source}.1")
    write(log, 3)

    copy.advance(tmp_path / "state")

    assert copied(log.path) == [1, 2, 3]


def test_a_renamed_log_goes_on_until_it_is_reopened(log: LogRecord, tmp_path: Path) -> None:
    write(log, 1)
    copy.advance(tmp_path / "state")
    Path(log.path).rename(f"{log.path}.old")
    write(log, 2)
    copy.advance(tmp_path / "state")
    assert not Path(log.path).exists()
    write(log, 3)

    assert copy.reopen(tmp_path / "state")
    write(log, 4)
    copy.advance(tmp_path / "state")

    assert copied(f"{log.path}.old") == [1, 2, 3]
    assert copied(log.path) == [4]


def test_finish_copies_the_rest_and_is_idempotent(log: LogRecord, tmp_path: Path) -> None:
    write(log, 1, 2)

    copy.finish(tmp_path / "state")
    copy.finish(tmp_path / "state")

    assert copied(log.path) == [1, 2]
    assert not (tmp_path / "state").exists()


def test_a_corrupt_record_is_no_log_rather_than_an_error(log: LogRecord, tmp_path: Path) -> None:
    (tmp_path / "state/record.json").write_text("{")

    copy.advance(tmp_path / "state")

    assert not Path(log.path).exists()
