"""A folder of files that is replaced at once."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from runtimes.kubelet.volumes.atomic import write
from runtimes.kubelet.volumes.contents import File

if TYPE_CHECKING:
    from pathlib import Path


def text(value: str, mode: int = 0o644) -> File:
    return File(value.encode(), mode)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_files_lie_behind_one_link(tmp_path: Path) -> None:
    write(tmp_path, {"a": text("1", 0o400), "etc/b": text("2")})

    assert (tmp_path / "a").readlink().parts == ("..data", "a")
    assert (tmp_path / "etc/b").read_text() == "2"
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o400
    assert (tmp_path / "..data").is_symlink()


def test_what_is_equal_is_left_alone(tmp_path: Path) -> None:
    assert write(tmp_path, {"a": text("1")})
    before = (tmp_path / "..data").readlink()

    assert not write(tmp_path, {"a": text("1")})
    assert (tmp_path / "..data").readlink() == before


@pytest.mark.parametrize(
    "files",
    [
        {"a": text("2")},
        {"a": text("1", 0o600)},
        {"b": text("1")},
        {"a": text("1"), "c/d": text("")},
    ],
)
def test_any_difference_makes_a_new_set(tmp_path: Path, files: dict[str, File]) -> None:
    write(tmp_path, {"a": text("1")})

    assert write(tmp_path, files)
    assert {name for name in names(tmp_path) if not name.startswith("..")} == {
        path.split("/")[0] for path in files
    }
    assert all((tmp_path / path).read_bytes() == file.data for path, file in files.items())
    assert len(list(tmp_path.glob("..2*"))) == 1


def test_an_opened_old_file_stays_readable(tmp_path: Path) -> None:
    write(tmp_path, {"a": text("old")})
    with (tmp_path / "a").open() as stream:
        write(tmp_path, {"a": text("new")})

        assert stream.read() == "old"


def test_what_a_kill_left_over_goes_with_the_next_write(tmp_path: Path) -> None:
    write(tmp_path, {"a": text("1")})
    (tmp_path / "..2020_01_01_00_00_00.dead").mkdir()
    (tmp_path / "..data_tmp").symlink_to("..2020_01_01_00_00_00.dead")

    write(tmp_path, {"a": text("2")})

    assert (tmp_path / "a").read_text() == "2"
    current = (tmp_path / "..data").readlink()
    assert names(tmp_path) == {str(current), "..data", "a"}


@pytest.mark.needs_root
def test_a_group_may_read(tmp_path: Path) -> None:
    write(tmp_path, {"etc/a": text("1", 0o400)}, fs_group=3456)

    info = (tmp_path / "etc/a").stat()
    assert (info.st_gid, stat.S_IMODE(info.st_mode)) == (3456, 0o440)
    assert stat.S_IMODE((tmp_path / "etc").stat().st_mode) == 0o2755
