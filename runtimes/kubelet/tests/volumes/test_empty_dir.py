"""emptyDir volumes."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.core.pod import v1
from runtimes.kubelet.volumes import empty_dir
from runtimes.kubelet.volumes.empty_dir import EmptyDirLimits, set_up, tmpfs_bytes
from runtimes.kubelet.volumes.mount import is_mount_point, mounts_below, unmount

if TYPE_CHECKING:
    from pathlib import Path

NO_LIMITS = EmptyDirLimits(0, 0)
PLAIN = v1.EmptyDirVolumeSource()
MIB = 1 << 20


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_anyone_may_write_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        set_up(tmp_path / "deep" / "vol", PLAIN, NO_LIMITS)
    finally:
        os.umask(before)

    assert mode_of(tmp_path / "deep" / "vol") == 0o777


def test_a_volume_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    volume = tmp_path / "vol"
    set_up(volume, PLAIN, NO_LIMITS)
    (volume / "data").write_text("kept")
    volume.chmod(0o700)

    set_up(volume, PLAIN, NO_LIMITS)

    assert (volume / "data").read_text() == "kept"
    assert mode_of(volume) == 0o700


def test_a_volume_left_unfinished_by_a_kill_is_finished(tmp_path: Path) -> None:
    (tmp_path / ".vol.new").mkdir(mode=0o700)

    set_up(tmp_path / "vol", PLAIN, NO_LIMITS)

    assert mode_of(tmp_path / "vol") == 0o777


@pytest.mark.needs_root
def test_the_pods_group_owns_it_and_what_is_made_inside(tmp_path: Path) -> None:
    volume = tmp_path / "vol"

    set_up(volume, PLAIN, NO_LIMITS, fs_group=4321)
    (volume / "inner").mkdir()

    assert volume.stat().st_gid == 4321
    assert mode_of(volume) == 0o2777
    assert (volume / "inner").stat().st_gid == 4321


@pytest.mark.parametrize(
    ("own", "pod", "node", "expected"),
    [
        ("1Mi", 0, 0, MIB),
        ("1Mi", 2 * MIB, 4 * MIB, MIB),
        ("8Mi", 2 * MIB, 4 * MIB, 2 * MIB),
        ("", 0, 4 * MIB, 4 * MIB),
        ("", 0, 0, 0),
    ],
)
def test_memory_is_bounded_by_the_smallest_limit(
    own: str, pod: int, node: int, expected: int
) -> None:
    source = v1.EmptyDirVolumeSource(medium="Memory", size_limit=own)

    assert tmpfs_bytes(source, EmptyDirLimits(pod, node)) == expected


@pytest.mark.needs_root
def test_memory_is_mounted_once_with_its_limit(tmp_path: Path) -> None:
    volume = tmp_path / "vol"
    source = v1.EmptyDirVolumeSource(medium="Memory", size_limit="1Mi")

    set_up(volume, source, NO_LIMITS)
    set_up(volume, source, NO_LIMITS)

    try:
        system = os.statvfs(volume)
        assert is_mount_point(volume)
        assert mounts_below(tmp_path) == [volume]
        assert system.f_blocks * system.f_frsize == MIB
        assert mode_of(volume) == 0o1777
    finally:
        unmount(volume)


def test_memory_that_may_not_be_mounted_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **options: object) -> None:
        raise errors.PermissionDenied("mount")

    monkeypatch.setattr(empty_dir, "mount", refuse)

    with pytest.raises(errors.PermissionDenied, match="run as root, or leave out"):
        set_up(tmp_path / "vol", v1.EmptyDirVolumeSource(medium="Memory"), NO_LIMITS)


def test_another_medium_is_refused(tmp_path: Path) -> None:
    with pytest.raises(errors.Unimplemented, match="HugePages-2Mi"):
        set_up(tmp_path / "vol", v1.EmptyDirVolumeSource(medium="HugePages-2Mi"), NO_LIMITS)
