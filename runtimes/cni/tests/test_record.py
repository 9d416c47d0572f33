"""Records are whole or absent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.cni import record

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("durable", [True, False])
def test_a_record_comes_back(tmp_path: Path, durable: bool) -> None:
    record.save(tmp_path / "a.json", {"ips": ["10.0.0.1"]}, durable=durable)

    assert record.load(tmp_path / "a.json") == {"ips": ["10.0.0.1"]}
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_a_failed_save_keeps_the_old_record(tmp_path: Path) -> None:
    record.save(tmp_path / "a.json", {"old": True})

    with pytest.raises(TypeError):
        record.save(tmp_path / "a.json", {"new": object()})

    assert record.load(tmp_path / "a.json") == {"old": True}


@pytest.mark.parametrize("damage", [b"", b"{", b"\xff\xfe", b"\0" * 10])
def test_a_damaged_record_is_no_record(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "a.json").write_bytes(damage)

    assert record.load(tmp_path / "a.json") is None
    assert record.load(tmp_path / "missing.json") is None


def test_remove_takes_what_a_killed_save_left(tmp_path: Path) -> None:
    (tmp_path / ".a.json.tmp").write_text("half")

    record.remove(tmp_path / "a.json")

    assert list(tmp_path.iterdir()) == []
