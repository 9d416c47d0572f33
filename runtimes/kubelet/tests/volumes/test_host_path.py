"""hostPath volumes, type by type."""

from __future__ import annotations

import os
import socket
import stat
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.core.pod import v1
from runtimes.kubelet.volumes.host_path import set_up

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def things(tmp_path: Path) -> Iterator[Path]:
    """A folder with one of each kind that needs no privilege."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("folder")
    here = os.open(tmp_path, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"/proc/self/fd/{here}/socket")
        yield tmp_path
    os.close(here)


KINDS = {
    "Directory": {"folder", "link"},
    "DirectoryOrCreate": {"folder", "link", "absent"},
    "File": {"file"},
    "FileOrCreate": {"file", "absent"},
    "Socket": {"socket"},
    "CharDevice": set(),
    "BlockDevice": set(),
    "": {"folder", "link", "file", "socket", "absent"},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["folder", "link", "file", "socket", "absent"])
def test_a_path_has_to_be_what_its_type_says(things: Path, kind: str, name: str) -> None:
    source = v1.HostPathVolumeSource(path=str(things / name), type=kind)

    if name in KINDS[kind]:
        assert set_up(source) == things / name
    else:
        with pytest.raises(errors.FailedPrecondition, match="hostPath type check failed"):
            set_up(source)


def test_a_character_device_passes_as_one() -> None:
    assert set_up(v1.HostPathVolumeSource(path="/dev/null", type="CharDevice")).exists()


def test_folders_are_made_with_their_parents_files_are_not(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b"

    set_up(v1.HostPathVolumeSource(path=str(deep), type="DirectoryOrCreate"))

    assert stat.S_IMODE(deep.stat().st_mode) == 0o755
    with pytest.raises(errors.FailedPrecondition, match="No such file"):
        set_up(v1.HostPathVolumeSource(path=str(tmp_path / "x" / "y"), type="FileOrCreate"))


def test_without_a_type_nothing_is_made(tmp_path: Path) -> None:
    set_up(v1.HostPathVolumeSource(path=str(tmp_path / "absent")))

    assert not (tmp_path / "absent").exists()


@pytest.mark.parametrize("path", ["relative", "/a/../b", ""])
def test_a_path_has_to_be_plain_and_absolute(path: str) -> None:
    with pytest.raises(errors.InvalidArgument, match="absolute path without"):
        set_up(v1.HostPathVolumeSource(path=path))


def test_an_unknown_type_is_told_with_the_known_ones() -> None:
    with pytest.raises(errors.InvalidArgument, match="Folder is none of Directory"):
        set_up(v1.HostPathVolumeSource(path="/tmp", type="Folder"))
