"""Layers on disk: what honest ones become."""

from __future__ import annotations

import os
import stat
import struct
import tarfile
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.oci.image.unpack.extract import explained, extract
from runtimes.oci.image.unpack.limits import BadLayer
from runtimes.oci.image.unpack.metadata import Rights
from runtimes.oci.image.unpack.tar import TarReader
from runtimes.oci.tests.image.tarballs import Member, folder, hard_link, symlink, tar
from runtimes.oci.tests.image.unpacking import unpack

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.needs_root, pytest.mark.usefixtures("resolution")]


def is_whiteout(path: Path) -> bool:
    status = path.lstat()
    return stat.S_ISCHR(status.st_mode) and status.st_rdev == 0


def is_opaque(path: Path) -> bool:
    return os.getxattr(path, "trusted.overlay.opaque") == b"y"


def test_everything_gets_its_owner_mode_and_time(tree: Path) -> None:
    unpack(
        tree,
        folder("./", mode=0o751),
        folder("home", mode=0o2775, uid=1000, gid=2000, mtime=5),
        Member("home/su", b"#!", mode=0o4755, uid=7, gid=8, mtime=1.5),
        Member("home/pipe", type=tarfile.FIFOTYPE, mode=0o600, mtime=3),
        Member("home/null", type=tarfile.CHRTYPE, mode=0o666, device=(1, 3)),
        Member("home/disk", type=tarfile.BLKTYPE, mode=0o660, device=(8, 1)),
        symlink("home/link", "/etc/passwd"),
    )

    su, home = (tree / "home/su").stat(), (tree / "home").stat()
    assert stat.S_IMODE(tree.stat().st_mode) == 0o751
    assert (stat.S_IMODE(su.st_mode), su.st_uid, su.st_gid) == (0o4755, 7, 8)
    assert su.st_mtime_ns == 1_500_000_000
    assert (stat.S_IMODE(home.st_mode), home.st_uid, home.st_gid) == (0o2775, 1000, 2000)
    assert home.st_mtime_ns == 5 * 10**9
    assert (tree / "home/null").stat().st_rdev == os.makedev(1, 3)
    assert stat.S_ISBLK((tree / "home/disk").stat().st_mode)
    assert stat.S_ISFIFO((tree / "home/pipe").stat().st_mode)
    assert (tree / "home/link").readlink().as_posix() == "/etc/passwd"


def test_hard_links_share_one_file_and_are_counted_once(tree: Path) -> None:
    unpacked = unpack(tree, Member("a", b"1" * 5000), hard_link("b", "a"), hard_link("c", "/a"))

    assert (tree / "a").stat().st_ino == (tree / "c").stat().st_ino
    assert (tree / "a").stat().st_nlink == 3
    assert unpacked.inodes == 2
    assert unpacked.used_bytes == 8192 + 4096


def test_file_capabilities_survive(tree: Path) -> None:
    value = struct.pack("<IIIII", 0x02000001, 1 << 13, 0, 0, 0)
    capability = value.decode("utf-8", "surrogateescape")

    unpack(tree, Member("ping", b"#!", pax={"SCHILY.xattr.security.capability": capability}))

    assert os.getxattr(tree / "ping", "security.capability") == value


def test_sparse_files_keep_their_holes(tree: Path) -> None:
    pax = {"GNU.sparse.size": "10000000", "GNU.sparse.map": "5000000,3", "GNU.sparse.name": "s"}

    unpack(tree, Member("x", b"abc", pax=pax))

    status = (tree / "s").stat()
    assert status.st_size == 10_000_000
    assert status.st_blocks * 512 < 100_000
    assert (tree / "s").read_bytes()[4_999_999:5_000_004] == b"\0abc\0"


def test_a_later_entry_replaces_an_earlier_one(tree: Path) -> None:
    unpack(
        tree,
        Member("f", b"old"), hard_link("kept", "f"), Member("f", b"new"),
        folder("d"), Member("d/x", b"x"), Member("d", b"file"),
        symlink("l", "f"), folder("l"), Member("l/y", b"y"),
        folder("same", mode=0o700), Member("same/z", b"z"), folder("same", mode=0o711),
    )  # fmt: skip

    assert (tree / "f").read_bytes() == b"new"
    assert (tree / "kept").read_bytes() == b"old"
    assert (tree / "d").read_bytes() == b"file"
    assert (tree / "l/y").read_bytes() == b"y"
    assert (tree / "same/z").read_bytes() == b"z"
    assert stat.S_IMODE((tree / "same").stat().st_mode) == 0o711


def test_a_folder_whose_metadata_waits_may_vanish(tree: Path) -> None:
    unpack(tree, folder("a"), folder("a/b", mode=0o700), symlink("alias", "a"), Member("alias/b"))

    assert (tree / "a/b").is_file()


def test_parents_may_come_through_links_inside(tree: Path) -> None:
    unpack(
        tree,
        folder("usr"), folder("usr/lib"), symlink("lib", "usr/lib"), Member("lib/a", b"a"),
        symlink("abs", "/usr/lib"), Member("abs/b", b"b"),
        symlink("up", "../../usr/./lib"), Member("up/c", b"c"),
        symlink("dangling", "/made/later"), Member("dangling/d", b"d"),
    )  # fmt: skip

    assert sorted(path.name for path in (tree / "usr/lib").iterdir()) == ["a", "b", "c"]
    assert (tree / "made/later/d").read_bytes() == b"d"


def test_whiteouts_become_what_overlayfs_reads(tree: Path) -> None:
    unpacked = unpack(
        tree,
        Member(".wh.gone"),
        folder("etc"),
        Member("etc/.wh..wh..opq"),
        Member("etc/new"),
        Member("implied/.wh.x"),
        Member(".wh..wh.plnk", b"aufs"),
    )

    assert is_whiteout(tree / "gone")
    assert is_opaque(tree / "etc")
    assert is_whiteout(tree / "implied/x")
    assert sorted(path.name for path in tree.iterdir()) == ["etc", "gone", "implied"]
    assert "implied" in unpacked.implied


def test_a_whiteout_never_hides_what_its_own_layer_brings(tree: Path) -> None:
    unpack(
        tree,
        Member("file", b"new"), Member(".wh.file"),
        folder("dir"), Member("dir/new"), Member(".wh.dir"),
        Member(".wh.late"), Member("late", b"new"),
        Member(".wh.sub"), Member("sub/inner", b"new"),
        Member(".wh.folder"), folder("folder"),
    )  # fmt: skip

    assert (tree / "file").read_bytes() == b"new"
    assert is_opaque(tree / "dir")
    assert (tree / "late").read_bytes() == b"new"
    assert is_opaque(tree / "sub")
    assert is_opaque(tree / "folder")


def test_folders_that_no_entry_describes_take_after_the_layers_below(
    tree: Path, tmp_path: Path
) -> None:
    lowest, lower = tmp_path / "lowest", tmp_path / "lower"
    for path in (lowest, lower):
        path.mkdir()
    unpack(lowest, folder("./", mode=0o700), folder("home", mode=0o750, uid=5), folder("both"))
    unpack(lower, folder("./", mode=0o711, uid=9), folder("both", mode=0o1777), Member(".wh.home"))

    unpack(tree, Member("both/x"), Member("home/y"), Member("new/z"), below=(lowest, lower))

    assert stat.S_IMODE(tree.stat().st_mode) == 0o711
    assert tree.stat().st_uid == 9
    assert stat.S_IMODE((tree / "both").stat().st_mode) == 0o1777
    assert (tree / "home").stat().st_uid == 0
    assert stat.S_IMODE((tree / "new").stat().st_mode) == 0o755


def test_a_hard_link_to_a_lower_file_brings_that_file_up(tree: Path, tmp_path: Path) -> None:
    lower = tmp_path / "lower"
    lower.mkdir()
    unpack(lower, Member("bin/busybox", b"program", mode=0o4711, uid=3, mtime=9))

    unpack(
        tree,
        folder("bin"),
        hard_link("bin/sh", "bin/busybox"),
        hard_link("bin/ls", "bin/sh"),
        hard_link("elsewhere", "bin/busybox"),
        below=(lower,),
    )

    shell = (tree / "bin/sh").stat()
    assert (tree / "bin/sh").read_bytes() == b"program"
    assert (stat.S_IMODE(shell.st_mode), shell.st_uid) == (0o4711, 3)
    assert {(tree / n).stat().st_ino for n in ("bin/busybox", "bin/ls", "elsewhere")} == {
        shell.st_ino
    }


def test_a_later_file_takes_the_place_of_a_borrowed_link(tree: Path, tmp_path: Path) -> None:
    lower = tmp_path / "lower"
    lower.mkdir()
    unpack(lower, Member("a", b"lower"))

    unpack(tree, hard_link("b", "a"), Member("b", b"own"), below=(lower,))

    assert (tree / "b").read_bytes() == b"own"


def test_a_hard_link_may_keep_a_lower_file_that_the_layer_removes(
    tree: Path, tmp_path: Path
) -> None:
    lower = tmp_path / "lower"
    lower.mkdir()
    unpack(lower, Member("old", b"content"))

    unpack(tree, Member(".wh.old"), hard_link("new", "old"), below=(lower,))

    assert (tree / "new").read_bytes() == b"content"
    assert is_whiteout(tree / "old")


@pytest.mark.parametrize("target", ["nowhere", "gone", "dir", "link"])
def test_a_hard_link_to_nothing_that_can_be_linked_is_refused(
    tree: Path, tmp_path: Path, target: str
) -> None:
    lower = tmp_path / "lower"
    lower.mkdir()
    unpack(lower, Member(".wh.gone"), folder("dir"), symlink("link", "/etc/passwd"))

    with pytest.raises(BadLayer, match="hard link"):
        unpack(tree, hard_link("b", target), below=(lower,))


def test_without_the_right_to_make_devices_they_are_left_out(tree: Path) -> None:
    rights = Rights(own=(0, 0), chown=False, devices=False, opaque="user.overlay.opaque")
    members = [
        Member("null", type=tarfile.CHRTYPE, device=(1, 3)),
        Member("file", uid=77),
        folder("d"), Member("d/.wh..wh..opq"),
    ]  # fmt: skip

    extract(TarReader([tar(*members)]), tree, rights)

    assert not (tree / "null").exists()
    assert (tree / "file").stat().st_uid == os.geteuid()
    assert os.getxattr(tree / "d", "user.overlay.opaque") == b"y"


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (28, errors.ResourceExhausted), (122, errors.ResourceExhausted),
        (1, errors.PermissionDenied), (36, BadLayer), (5, errors.Internal),
    ],
)  # fmt: skip
def test_what_the_kernel_says_becomes_an_error_of_ours(
    number: int, kind: type[errors.Error]
) -> None:
    error = explained(OSError(number, os.strerror(number)), "usr/bin/x")

    assert type(error) is kind
    assert "usr/bin/x" in str(error)


def test_a_full_disk_says_so(tmp_path: Path) -> None:
    from runtimes.oci.host.syscalls import DETACH, mount, umount

    small = tmp_path / "small"
    small.mkdir()
    mount("tmpfs", small, "tmpfs", data="size=64k")
    try:
        with pytest.raises(errors.ResourceExhausted, match="make room"):
            unpack(small, Member("big", b"x" * 1_000_000))
    finally:
        umount(small, DETACH)
