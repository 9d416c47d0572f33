"""Root file systems as containers see them, by overlayfs and by copies."""

from __future__ import annotations

import errno
import os
import stat
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.oci import snapshot
from runtimes.oci.host.syscalls import MountFlag, mount
from runtimes.oci.snapshot import Driver, overlay
from runtimes.oci.snapshot.unmount import is_mounted, unmount
from runtimes.oci.tests.image.tarballs import Member, folder, hard_link, symlink
from runtimes.oci.tests.image.unpacking import unpack

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.needs_root


@pytest.fixture(params=["overlay", "vfs"])
def driver(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Driver:
    """Each test runs on overlayfs, and where that can't be mounted."""
    if request.param == "vfs":
        monkeypatch.setattr(overlay, "mount_overlay", refuse)
    return Driver(request.param)


def refuse(*args: object) -> None:
    raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))


def make_layers(tmp_path: Path, *members: Sequence[Member]) -> list[Path]:
    layers: list[Path] = []
    for number, some in enumerate(members):
        layer = tmp_path / f"layer-{number}"
        layer.mkdir()
        unpack(layer, *some, below=tuple(layers))
        layers.append(layer)
    return layers


def names(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.iterdir())


def test_layers_are_stacked_with_their_whiteouts(
    tmp_path: Path, container: Path, driver: Driver
) -> None:
    layers = make_layers(
        tmp_path,
        [folder("./", mode=0o755), folder("etc"), Member("etc/a", b"1"), Member("etc/b", b"1"),
         folder("var", mode=0o1777), Member("var/x"), Member("gone"), symlink("lib", "usr/lib")],
        [Member("etc/.wh.a"), Member("etc/b", b"2"), Member(".wh.gone"), folder("var", mode=0o700),
         Member("var/.wh..wh..opq"), Member("var/y"), Member("lib/now-a-folder")],
        [folder("./", mode=0o711, uid=5), Member("top", b"3"), folder("gone"),
         Member("gone/again")],
    )  # fmt: skip

    made = snapshot.prepare(layers, container)

    root = made.rootfs
    assert made.driver is driver
    assert names(root) == ["etc", "gone", "lib", "top", "var"]
    assert names(root / "etc") == ["b"]
    assert (root / "etc/b").read_bytes() == b"2"
    assert names(root / "var") == ["y"]
    assert stat.S_IMODE((root / "var").stat().st_mode) == 0o700
    assert names(root / "gone") == ["again"]
    assert names(root / "lib") == ["now-a-folder"]
    assert (root.stat().st_uid, stat.S_IMODE(root.stat().st_mode)) == (5, 0o711)


def test_everything_keeps_what_it_is(tmp_path: Path, container: Path, driver: Driver) -> None:
    layers = make_layers(
        tmp_path,
        [
            Member("su", b"#!", mode=0o4755, uid=3, gid=4, mtime=77),
            hard_link("su2", "su"),
            symlink("link", "/etc/passwd"),
            Member("null", type=tarfile.CHRTYPE, device=(1, 3), mode=0o666),
            Member("pipe", type=tarfile.FIFOTYPE),
            Member("marked", pax={"SCHILY.xattr.user.note": "hi"}),
        ],
    )

    root = snapshot.prepare(layers, container).rootfs

    su = (root / "su").stat()
    assert (stat.S_IMODE(su.st_mode), su.st_uid, su.st_gid, su.st_mtime) == (0o4755, 3, 4, 77)
    assert su.st_ino == (root / "su2").stat().st_ino
    assert (root / "link").readlink().as_posix() == "/etc/passwd"
    assert (root / "null").stat().st_rdev == os.makedev(1, 3)
    assert stat.S_ISFIFO((root / "pipe").stat().st_mode)
    assert os.getxattr(root / "marked", "user.note") == b"hi"


def test_what_a_container_writes_stays_its_own(
    tmp_path: Path, container: Path, driver: Driver
) -> None:
    layers = make_layers(tmp_path, [Member("file", b"image")])
    other = tmp_path / "other"
    other.mkdir()

    first = snapshot.prepare(layers, container)
    (first.rootfs / "file").write_bytes(b"changed")
    (first.rootfs / "new").touch()
    second = snapshot.prepare(layers, other)

    try:
        assert (second.rootfs / "file").read_bytes() == b"image"
        assert names(layers[0]) == ["file"]
        assert (first.upper / "new").exists()
    finally:
        snapshot.remove(other)


@pytest.mark.parametrize("count", [0, 1])
@pytest.mark.parametrize("read_only", [False, True])
def test_few_layers_are_enough(
    tmp_path: Path, container: Path, driver: Driver, *, count: int, read_only: bool
) -> None:
    layers = make_layers(tmp_path, *([[Member("file", b"1"), Member(".wh.x")]] * count))

    made = snapshot.prepare(layers, container, read_only=read_only)

    assert names(made.rootfs) == ["file"][:count]
    if driver is Driver.OVERLAY and read_only:
        with pytest.raises(OSError, match="Read-only"):
            (made.rootfs / "new").touch()
    else:
        (made.rootfs / "new").touch()


@pytest.mark.parametrize("count", [70, 300, 500])
def test_many_layers_are_mounted(tmp_path: Path, container: Path, count: int) -> None:
    layers = []
    for number in range(count):
        layer = tmp_path / "layers" / f"{number:064d}" / "fs"
        layer.mkdir(parents=True)
        (layer / "top").write_text(str(number))
        (layer / str(number)).touch()
        layers.append(layer)

    made = snapshot.prepare(layers, container)

    assert made.driver is Driver.OVERLAY
    assert (made.rootfs / "top").read_text() == str(count - 1)
    assert len(names(made.rootfs)) == count + 1
    assert "rootfs" in names(container)
    assert not [name for name in names(container) if name.startswith(".lower")]


@pytest.mark.parametrize("name", ["with:colon", "with,comma", "back\\slash", "qu'ote\"s", "sp ace"])
def test_paths_may_hold_anything(tmp_path: Path, name: str) -> None:
    place = tmp_path / name
    place.mkdir()
    layers = make_layers(place, [Member("a")], [Member("b")])

    made = snapshot.prepare(layers, place)
    try:
        assert made.driver is Driver.OVERLAY
        assert names(made.rootfs) == ["a", "b"]
        (made.rootfs / "c").touch()
        assert (place / "upper/c").exists()
    finally:
        snapshot.remove(place)


def test_mounting_leaves_this_process_where_it_is(tmp_path: Path, container: Path) -> None:
    before = Path.cwd()
    layers = make_layers(tmp_path, *[[Member(f"{n}-{'x' * 50}")] for n in range(80)])

    snapshot.prepare(layers, container)

    assert Path.cwd() == before


def test_preparing_and_mounting_again_keeps_what_was_written(
    tmp_path: Path, container: Path, driver: Driver
) -> None:
    layers = make_layers(tmp_path, [Member("file")])
    made = snapshot.prepare(layers, container)
    (made.rootfs / "new").write_text("kept")

    snapshot.mount(made)
    again = snapshot.prepare(layers, container) if driver is Driver.OVERLAY else made

    assert (again.rootfs / "new").read_text() == "kept"
    assert mounts_at(made.rootfs) == (1 if driver is Driver.OVERLAY else 0)


def mounts_at(path: Path) -> int:
    table = Path("/proc/self/mountinfo").read_text()
    return sum(line.split()[4] == str(path) for line in table.splitlines())


def test_after_a_reboot_it_is_mounted_again_from_its_record(
    tmp_path: Path, container: Path
) -> None:
    layers = make_layers(tmp_path, [Member("file")])
    made = snapshot.prepare(layers, container)
    (made.rootfs / "new").write_text("kept")
    unmount(made.rootfs)

    found = snapshot.load(container)
    assert found == made
    assert not is_mounted(made.rootfs)
    snapshot.mount(found)

    assert (found.rootfs / "new").read_text() == "kept"


def test_removal_is_idempotent_and_leaves_the_folder(
    tmp_path: Path, container: Path, driver: Driver
) -> None:
    made = snapshot.prepare(make_layers(tmp_path, [Member("file")]), container)
    (made.rootfs / "deep/er").mkdir(parents=True)
    (container / "record.json").touch()

    snapshot.remove(container)
    snapshot.remove(container)

    assert names(container) == ["record.json"]
    assert mounts_at(made.rootfs) == 0


def test_a_busy_root_file_system_is_removed_all_the_same(tmp_path: Path, container: Path) -> None:
    made = snapshot.prepare(make_layers(tmp_path, [Member("file", b"open")]), container)

    with (made.rootfs / "file").open("rb") as file:
        snapshot.remove(container)
        assert file.read() == b"open"

    assert names(container) == []
    assert mounts_at(made.rootfs) == 0


def test_what_is_mounted_inside_survives_removal(
    tmp_path: Path, container: Path, mounted: list[Path]
) -> None:
    made = snapshot.prepare(make_layers(tmp_path, [folder("volume")]), container)
    volume = tmp_path / "volume"
    volume.mkdir()
    (volume / "precious").touch()
    mount(volume, made.rootfs / "volume", flags=MountFlag.BIND)

    snapshot.remove(container)

    assert names(volume) == ["precious"]


@pytest.mark.parametrize(
    "made_before", [["rootfs"], ["upper", "work"], ["upper.new"], ["rootfs.new"]]
)
def test_a_crash_in_the_middle_is_finished(
    tmp_path: Path, container: Path, driver: Driver, made_before: list[str]
) -> None:
    layers = make_layers(tmp_path, [folder("./", mode=0o700), Member("file")])
    for name in made_before:
        (container / name).mkdir()

    made = snapshot.prepare(layers, container)

    assert names(made.rootfs) == ["file"]


def test_a_missing_layer_is_named(tmp_path: Path, container: Path) -> None:
    layers = make_layers(tmp_path, [Member("file")])

    with pytest.raises(errors.DataLoss, match=r"/gone; .*pull it again"):
        snapshot.prepare([*layers, tmp_path / "gone"], container)


def test_copies_are_announced(
    tmp_path: Path,
    container: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(overlay, "mount_overlay", refuse)

    snapshot.prepare(make_layers(tmp_path, [Member("file")]), container)

    assert "overlayfs can't be mounted" in caplog.text


def test_overlay_on_overlay_is_detected(tmp_path: Path, container: Path) -> None:
    """An upper layer on overlayfs is what containers in containers have."""
    outer = snapshot.prepare(make_layers(tmp_path, [folder("inner")]), container)
    place = tmp_path / "inner-layers"
    place.mkdir()
    inner = outer.rootfs / "inner"
    works = snapshot.overlay_works(inner)

    made = snapshot.prepare(make_layers(place, [Member("file")]), inner)

    try:
        assert names(made.rootfs) == ["file"]
        assert (made.driver is Driver.OVERLAY) == works
    finally:
        snapshot.remove(inner)


def test_links_of_lower_layers_are_not_followed_by_copies(
    tmp_path: Path, container: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overlay, "mount_overlay", refuse)
    outside = tmp_path / "outside"
    outside.mkdir()
    layers = make_layers(
        tmp_path,
        [symlink("door", str(outside)), symlink("file", str(outside / "made"))],
        [folder("door", mode=0o777), Member("door/evil"), Member("file", b"evil")],
    )

    made = snapshot.prepare(layers, container)

    assert names(outside) == []
    assert names(made.rootfs / "door") == ["evil"]


def test_records_tell_which_layers_are_in_use(tmp_path: Path, container: Path) -> None:
    layers = make_layers(tmp_path, [Member("a")], [Member("b")])
    snapshot.prepare(layers, container)
    image_volume = container / "volume"
    image_volume.mkdir()
    snapshot.prepare(layers[:1], image_volume, read_only=True)

    found = snapshot.layers_in_use([container, image_volume, tmp_path / "without"])

    assert found == set(layers)
    snapshot.remove(image_volume)
    snapshot.remove(container)
    assert snapshot.layers_in_use([container]) == set()


def test_a_damaged_record_keeps_everything(container: Path) -> None:
    (container / "snapshot.json").write_text("{")

    with pytest.raises(errors.DataLoss):
        snapshot.layers_in_use([container])
    (container / "snapshot.json").unlink()
