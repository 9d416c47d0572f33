"""Files that are replaced at once."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from runtimes.core.state import whole


@pytest.mark.parametrize("durable", [True, False])
def test_the_content_is_on_the_disk_before_it_has_the_name_and_the_name_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, durable: bool
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    flushed = []

    def fsync(descriptor: int) -> None:
        where = Path(f"/proc/self/fd/{descriptor}").readlink()
        flushed.append((where.name, path.read_bytes()))

    monkeypatch.setattr(os, "fsync", fsync)
    whole.replace(path, b"new", through=tmp_path / ".file", durable=durable)

    assert flushed == ([(".file", b"old"), (tmp_path.name, b"new")] if durable else [])
    assert [one.name for one in tmp_path.iterdir()] == ["file"]
    assert path.read_bytes() == b"new"


def test_what_can_not_be_written_leaves_the_old_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        whole.replace(path, b"new", through=tmp_path / ".file")

    assert path.read_bytes() == b"old"
