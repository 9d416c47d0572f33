"""Sub-paths stay inside their volume, whatever a container does to it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from runtimes.core import errors
from runtimes.kubelet.volumes import beneath, subpath
from runtimes.kubelet.volumes.beneath import open_beneath
from runtimes.kubelet.volumes.mount import mounts_below, unmount
from runtimes.kubelet.volumes.subpath import pin


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    """A volume in which a container has left links of all kinds, beside a secret."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("secret")
    folder = tmp_path / "volume"
    folder.mkdir()
    (folder / "inner" / "deep").mkdir(parents=True)
    (folder / "file").write_text("file")
    (folder / "to-inner").symlink_to("inner")
    (folder / "up").symlink_to("../outside")
    (folder / "absolute").symlink_to(tmp_path / "outside")
    (folder / "dangling").symlink_to("nowhere")
    (folder / "proc").symlink_to("/proc/self/root")
    return folder


@pytest.fixture(params=["openat2", "component by component"])
def any_kernel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param != "openat2":

        def absent(root: int, path: str) -> int:
            raise OSError(errno.ENOSYS, "no openat2", path)

        monkeypatch.setattr(beneath, "_openat2", absent)
    return str(request.param)


def opened(folder: Path, path: str) -> Path:
    descriptor = open_beneath(folder, path)
    try:
        return Path(f"/proc/self/fd/{descriptor}").readlink()
    finally:
        os.close(descriptor)


@pytest.mark.usefixtures("any_kernel")
@pytest.mark.parametrize("path", ["inner", "inner/deep", "file", "./inner//deep/", "new/made"])
def test_what_is_inside_is_opened_and_missing_folders_are_made(volume: Path, path: str) -> None:
    volume.chmod(0o770)

    assert opened(volume, path) == volume / os.path.normpath(path)
    if path == "new/made":
        assert (volume / "new").stat().st_mode & 0o777 == 0o770


def test_a_link_is_followed_while_it_stays_inside(volume: Path) -> None:
    assert opened(volume, "to-inner/deep") == volume / "inner" / "deep"


@pytest.mark.usefixtures("any_kernel")
@pytest.mark.parametrize(
    "path", ["up", "up/secret", "absolute", "absolute/secret", "proc/etc", "up/made"]
)
def test_a_link_that_leads_out_is_refused(volume: Path, path: str) -> None:
    with pytest.raises(errors.InvalidArgument, match="symbolic link"):
        opened(volume, path)
    assert not (volume.parent / "outside" / "made").exists()


@pytest.mark.parametrize("path", ["/etc", "..", "a/../../b", "inner/.."])
def test_a_path_that_names_its_way_out_is_refused(volume: Path, path: str) -> None:
    with pytest.raises(errors.InvalidArgument, match="must not"):
        opened(volume, path)


@pytest.mark.needs_root
def test_a_pinned_part_stays_what_it_was_when_the_container_swaps_it(
    volume: Path, tmp_path: Path
) -> None:
    place = tmp_path / "pinned" / "0"

    assert pin(volume, "inner", place) == place
    (volume / "inner").rename(volume / "moved")
    (volume / "inner").symlink_to(tmp_path / "outside")

    try:
        assert sorted(path.name for path in place.iterdir()) == ["deep"]
    finally:
        unmount(place)


@pytest.mark.needs_root
def test_pinning_again_changes_nothing_until_the_part_is_another(
    volume: Path, tmp_path: Path
) -> None:
    place = tmp_path / "pinned" / "0"
    pin(volume, "file", place)
    pin(volume, "file", place)
    first = mounts_below(tmp_path)
    (volume / "file").unlink()
    (volume / "file").write_text("another")

    pin(volume, "file", place)

    try:
        assert first == mounts_below(tmp_path) == [place]
        assert place.read_text() == "another"
    finally:
        unmount(place)


def test_where_mounting_is_not_permitted_the_resolved_path_is_used(
    volume: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **options: object) -> None:
        raise errors.PermissionDenied("mount")

    monkeypatch.setattr(subpath, "mount", refuse)

    assert pin(volume, "to-inner", tmp_path / "pinned" / "0") == volume / "inner"
