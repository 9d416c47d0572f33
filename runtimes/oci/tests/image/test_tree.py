from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.oci.host.syscalls import DETACH, mount, umount
from runtimes.oci.image.tree import remove_tree

if TYPE_CHECKING:
    from pathlib import Path


def make_deep(path: Path, depth: int) -> None:
    """Nest folders deeper than any path can name."""
    path.mkdir()
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    for _ in range(depth):
        os.mkdir("deeper", dir_fd=fd)
        os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=fd))
        inner = os.open("deeper", os.O_RDONLY | os.O_DIRECTORY, dir_fd=fd)
        os.close(fd)
        fd = inner
    os.close(fd)


def test_any_depth_is_removed(tmp_path: Path) -> None:
    make_deep(tmp_path / "tree", 3000)

    remove_tree(tmp_path / "tree")

    assert list(tmp_path.iterdir()) == []


def test_links_are_removed_and_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").touch()
    tree = tmp_path / "tree"
    (tree / "a").mkdir(parents=True)
    (tree / "a/link").symlink_to(outside)
    (tree / "link").symlink_to(outside)
    (tmp_path / "top").symlink_to(outside)

    remove_tree(tree)
    remove_tree(tmp_path / "top")

    assert not tree.exists()
    assert not (tmp_path / "top").is_symlink()
    assert (outside / "kept").exists()


def test_names_of_an_earlier_attempt_are_no_hindrance(tmp_path: Path) -> None:
    for path in (".removed-1/x", ".removed-2", "a/b/c", "d"):
        (tmp_path / "tree" / path).mkdir(parents=True)

    remove_tree(tmp_path / "tree")

    assert not (tmp_path / "tree").exists()


def test_absent_trees_and_single_files_are_fine(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    remove_tree(tmp_path / "absent")
    remove_tree(tmp_path / "file")

    assert not (tmp_path / "file").exists()


@pytest.mark.needs_root
def test_what_is_mounted_inside_stays_untouched(tmp_path: Path) -> None:
    inside = tmp_path / "tree/a/mounted"
    inside.mkdir(parents=True)
    mount("tmpfs", inside, "tmpfs")
    (inside / "precious").touch()
    try:
        with pytest.raises((errors.FailedPrecondition, OSError)):
            remove_tree(tmp_path / "tree")
        assert (inside / "precious").exists()
    finally:
        umount(inside, DETACH)
