"""Files of a hostile root file system, and of the host itself."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.oci.spec import host_files, rootfs

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_text("the host's")
    place = tmp_path / "root"
    (place / "etc").mkdir(parents=True)
    (place / "etc/passwd").write_text("root:x:0:0::/:\n")
    return place


def test_a_file_is_read(root: Path) -> None:
    assert rootfs.reader(root)("/etc/passwd") == "root:x:0:0::/:\n"


def test_an_absent_file_or_root_is_none(root: Path) -> None:
    assert rootfs.reader(root)("/etc/group") is None
    assert rootfs.reader(root / "absent")("/etc/passwd") is None


@pytest.mark.parametrize("target", ["/etc/passwd", "../etc/passwd", "../../../etc/passwd"])
def test_links_resolve_inside_the_root(root: Path, target: str) -> None:
    (root / "etc/group").symlink_to(target)

    assert rootfs.reader(root)("/etc/group") == "root:x:0:0::/:\n"


def test_no_link_leads_out(root: Path) -> None:
    (root / "etc/group").symlink_to("../../secret")
    (root / "out").symlink_to(root.parent)
    (root / "self").symlink_to("/proc/self/root")

    assert rootfs.reader(root)("/etc/group") is None
    assert rootfs.reader(root)("/out/secret") is None
    assert rootfs.reader(root)(f"/self{root.parent}/secret") is None


def test_pipes_devices_folders_and_huge_files_are_not_read(root: Path) -> None:
    os.mkfifo(root / "pipe")
    (root / "device").symlink_to("/dev/zero")
    with (root / "huge").open("wb") as file:
        file.truncate(rootfs.LARGEST + 1)

    for name in ("/pipe", "/device", "/etc", "/huge"):
        assert rootfs.reader(root)(name) is None


def test_text_that_is_not_utf8_is_read_anyway(root: Path) -> None:
    (root / "etc/group").write_bytes(b"caf\xe9:x:5:\n")

    assert rootfs.reader(root)("/etc/group") == "caf�:x:5:\n"


def test_kernels_without_openat2_read_plain_files_and_follow_nothing(root: Path) -> None:
    (root / "etc/group").symlink_to("passwd")
    (root / "way").symlink_to("etc")
    descriptor = os.open(root, os.O_PATH | os.O_DIRECTORY)
    try:
        os.close(rootfs._open_without_links(descriptor, "/etc/passwd"))
        for name in ("/etc/group", "/way/passwd", "/etc/../etc/passwd", "/absent/x"):
            with pytest.raises(OSError, match=r".*"):
                rootfs._open_without_links(descriptor, name)
    finally:
        os.close(descriptor)


FILES = host_files.LiveHostFiles()


def test_a_missing_mount_source_becomes_a_folder(tmp_path: Path) -> None:
    assert FILES.mount_source(str(tmp_path / "a/b")) == tmp_path / "a/b"
    assert (tmp_path / "a/b").is_dir()
    assert FILES.mount_source(str(tmp_path / "a/b")) == tmp_path / "a/b"


def test_a_mount_source_that_is_a_link_is_resolved(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("file")

    assert FILES.mount_source(str(tmp_path / "link")) == tmp_path / "file"


@pytest.mark.parametrize("kind", ["relative", "below a file", "dangling", "loop"])
def test_impossible_mount_sources_are_refused(tmp_path: Path, kind: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "dangling").symlink_to("absent")
    (tmp_path / "loop").symlink_to("loop")
    paths = {
        "relative": "file",
        "below a file": str(tmp_path / "file/x"),
        "dangling": str(tmp_path / "dangling"),
        "loop": str(tmp_path / "loop"),
    }

    with pytest.raises(errors.InvalidArgument, match="host_path"):
        FILES.mount_source(paths[kind])


MOUNTINFO = """\
27 1 254:0 / / rw - ext4 /dev/vda rw
30 27 0:30 / /data rw shared:5 - tmpfs tmpfs rw
31 30 0:31 / /data/in\\040ner rw master:5 - tmpfs tmpfs rw
32 27 0:32 / /data2 rw shared:7 master:8 - tmpfs tmpfs rw
"""


@pytest.mark.parametrize(
    ("path", "tags"),
    [
        ("/etc", set()),
        ("/data", {"shared"}),
        ("/data/x/y", {"shared"}),
        ("/data/in ner/x", {"master"}),
        ("/data2", {"shared", "master"}),
        ("/database", set()),
    ],
)
def test_the_tags_of_the_mount_that_holds_a_path(tmp_path: Path, path: str, tags: set[str]) -> None:
    assert host_files.mount_tags(MOUNTINFO, type(tmp_path)(path)) == tags


def test_a_device_is_described_by_its_numbers() -> None:
    (device,) = FILES.devices("/dev/null")

    assert (device["path"], device["type"]) == ("/dev/null", "c")
    assert (device["major"], device["minor"], device["fileMode"]) == (1, 3, 0o666)


def test_a_folder_of_devices_is_walked_without_terminals_and_shared_memory() -> None:
    found = {device["path"] for device in FILES.all_devices()}

    assert "/dev/null" in found
    assert not any(path.startswith(("/dev/pts", "/dev/shm")) for path in found)
    assert not found & {"/dev/console", "/dev/ptmx"}


def test_what_is_no_device_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(errors.InvalidArgument, match="neither a device nor"):
        list(FILES.devices(str(tmp_path / "file")))
    with pytest.raises(errors.InvalidArgument, match="No such file"):
        list(FILES.devices(str(tmp_path / "absent")))
