"""Copies by tar, and archives that try to get out."""

from __future__ import annotations

import io
import os
import tarfile
from typing import TYPE_CHECKING

import pytest

from runtimes.client.copy.unpack import Unpacker
from runtimes.core import errors

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.client import Container


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder with an executable, a long name, a link and binary data."""
    root = tmp_path / "tree"
    (root / "inner").mkdir(parents=True)
    (root / "run").write_text("#!/bin/sh\n")
    (root / "run").chmod(0o750)
    (root / "inner" / ("n" * 200)).write_bytes(os.urandom(200_000))
    (root / "link").symlink_to("run")
    (root / "inner").chmod(0o555)
    return root


def _look(root: Path) -> dict[str, tuple[int, bytes | str]]:
    found: dict[str, tuple[int, bytes | str]] = {}
    for path in sorted(root.rglob("*")):
        name, mode = str(path.relative_to(root)), path.lstat().st_mode
        if path.is_symlink():
            found[name] = (mode, str(path.readlink()))
        else:
            found[name] = (mode, path.read_bytes() if path.is_file() else b"")
    return found


def test_a_folder_goes_in_and_comes_out_unchanged(
    container: Container, tree: Path, tmp_path: Path
) -> None:
    container.copy_to(tree, str(tmp_path / "there"))
    assert _look(tmp_path / "there") == _look(tree)

    left_out = container.copy_from(str(tmp_path / "there"), tmp_path / "back")

    assert _look(tmp_path / "back") == _look(tree)
    assert left_out == []


def test_an_existing_folder_gets_the_copy_inside(
    container: Container, tree: Path, tmp_path: Path
) -> None:
    into, back = tmp_path / "into", tmp_path / "back"
    into.mkdir()
    back.mkdir()

    container.copy_to(tree / "run", str(into))
    container.copy_from(str(into / "run"), back)

    assert (back / "run").read_text() == "#!/bin/sh\n"
    assert (back / "run").stat().st_mode & 0o777 == 0o750


def test_an_older_file_is_replaced_and_a_link_at_its_place_isnt_followed(
    container: Container, tree: Path, tmp_path: Path
) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine")
    (tmp_path / "target").symlink_to(precious)

    container.copy_from(str(tree / "run"), tmp_path / "target")

    assert precious.read_text() == "mine"
    assert (tmp_path / "target").read_text() == "#!/bin/sh\n"


def test_what_isnt_there_is_not_found(container: Container, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(errors.NotFound, match="no such file here"):
        container.copy_to(tmp_path / "nothing", "/tmp")
    with pytest.raises(errors.NotFound, match="nowhere"):
        container.copy_to(tmp_path / "file", str(tmp_path / "nowhere" / "file"))
    with pytest.raises(errors.NotFound, match="nothing"):
        container.copy_from(str(tmp_path / "nothing"), tmp_path / "copy")
    with pytest.raises(errors.NotFound, match="no folder"):
        container.copy_from(str(tmp_path / "file"), tmp_path / "nowhere" / "copy")


def test_a_container_without_tar_says_so(
    container: Container, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("PATH", "/nonexistent")

    with pytest.raises(errors.FailedPrecondition, match="can't run tar"):
        container.copy_to(tmp_path / "file", "/tmp")
    with pytest.raises(errors.FailedPrecondition, match="can't run tar"):
        container.copy_from("/etc/hosts", tmp_path / "copy")


def _unpack(folder: Path, *members: tuple[str, bytes, str]) -> list[str]:
    """Unpack members, each a name, a type and a link's target, as the copy ``top``."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, kind, link in members:
            member = tarfile.TarInfo(name)
            member.type, member.linkname, member.mode = kind, link, 0o6777
            member.size = 3 if kind == tarfile.REGTYPE else 0
            archive.addfile(member, io.BytesIO(b"bad"))
    buffer.seek(0)
    unpacker = Unpacker(folder / "top", "top")
    with tarfile.open(fileobj=buffer) as archive:
        for member in archive:
            unpacker.place(member, archive)
    unpacker.finish()
    return unpacker.left_out


FILE, FOLDER, LINK, HARD = tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE


@pytest.mark.parametrize(
    "name", ["../out", "/etc/out", "top/../../out", "other", "top/../out", "./../top/x"]
)
def test_a_name_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(errors.PermissionDenied, match="leads out"):
        _unpack(tmp_path, (name, FILE, ""))

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("link", ["/", "..", "../..", "x/../../.."])
def test_a_link_that_leads_out_is_left_out(tmp_path: Path, link: str) -> None:
    assert _unpack(tmp_path, ("top", FOLDER, ""), ("top/l", LINK, link)) == ["top/l"]
    assert list((tmp_path / "top").iterdir()) == []


def test_a_link_that_leads_out_through_another_is_left_out(tmp_path: Path) -> None:
    deep = [("top", FOLDER, ""), ("top/a", FOLDER, ""), ("top/a/up", LINK, "..")]

    assert _unpack(tmp_path, *deep, ("top/out", LINK, "a/up/..")) == ["top/out"]
    assert [path.name for path in (tmp_path / "top").iterdir()] == ["a"]


def test_a_link_is_not_moved_to_where_it_leads_out(tmp_path: Path) -> None:
    deep = [("top", FOLDER, ""), ("top/a", FOLDER, ""), ("top/a/up", LINK, "..")]

    assert _unpack(tmp_path, *deep, ("top/out", HARD, "top/a/up")) == ["top/out"]
    assert [path.name for path in (tmp_path / "top").iterdir()] == ["a"]


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    inside = [("top", FOLDER, ""), ("top/real", FOLDER, ""), ("top/l", LINK, "real")]

    with pytest.raises(errors.PermissionDenied):
        _unpack(tmp_path, *inside, ("top/l/file", FILE, ""))

    assert list((tmp_path / "top" / "real").iterdir()) == []


def test_a_folder_that_was_swapped_for_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "top").symlink_to("outside")

    with pytest.raises(errors.PermissionDenied):
        _unpack(tmp_path, ("top/file", FILE, ""))

    assert list((tmp_path / "outside").iterdir()) == []


def test_a_hard_link_reaches_members_only(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")

    _unpack(tmp_path, ("top", FOLDER, ""), ("top/a", FILE, ""), ("top/b", HARD, "top/a"))
    assert (tmp_path / "top" / "b").read_bytes() == b"bad"
    with pytest.raises(errors.PermissionDenied):
        _unpack(tmp_path, ("top/c", HARD, "../secret"))


def test_a_file_for_which_the_disk_has_no_room_is_refused(tmp_path: Path) -> None:
    member = tarfile.TarInfo("top/huge")
    member.size = 1 << 60
    header = io.BytesIO(member.tobuf())

    with (
        tarfile.open(fileobj=header, mode="r|") as archive,
        pytest.raises(errors.ResourceExhausted, match="has room for"),
    ):
        Unpacker(tmp_path, "").place(member, archive)

    assert not (tmp_path / "top/huge").exists()


def test_devices_are_left_out_and_set_uid_bits_dropped(tmp_path: Path) -> None:
    left_out = _unpack(
        tmp_path, ("top", FOLDER, ""), ("top/null", tarfile.CHRTYPE, ""), ("top/su", FILE, "")
    )

    assert left_out == ["top/null"]
    assert (tmp_path / "top" / "su").stat().st_mode & 0o7777 == 0o777
