"""The logger copies every log that is recorded, whenever its record comes."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.dockershim.logs import record as records
from runtimes.dockershim.logs.logger import Logger
from runtimes.dockershim.logs.record import LogRecord
from runtimes.dockershim.tests.test_log_copies import engine_line
from runtimes.dockershim.tests.wait import wait_for

if TYPE_CHECKING:
    import pytest


def recorded(folder: Path, name: str) -> LogRecord:
    source = folder / f"engine/{name}/json.log"
    source.parent.mkdir(parents=True)
    return LogRecord(path=str(folder / f"{name}.log"), source=str(source))


def test_a_log_whose_record_comes_long_after_its_folder_is_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "logs"
    early, late = recorded(tmp_path, "early"), recorded(tmp_path, "late")
    records.make(root / "early", early)
    seen, read = threading.Semaphore(0), records.read

    def read_and_tell(folder: Path) -> LogRecord | None:
        found = read(folder)
        if folder.name == "late":
            seen.release()
        return found

    monkeypatch.setattr(records, "read", read_and_tell)
    logger = threading.Thread(target=lambda: Logger(root).run(idle=0.1))
    with Path(early.source).open("wb"), Path(late.source).open("wb") as log:
        logger.start()
        (root / "late").mkdir()
        assert seen.acquire(timeout=30)
        assert seen.acquire(timeout=30)
        records.write(root / "late", late)
        log.write(engine_line(1))
        log.flush()
        wait_for(Path(late.path).exists, "the log is copied")
    logger.join()

    assert Path(late.path).read_bytes().endswith(b"stdout F line 1\n")
