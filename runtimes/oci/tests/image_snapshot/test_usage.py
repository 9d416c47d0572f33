from __future__ import annotations

import os
from typing import TYPE_CHECKING

from runtimes.core.host.usage import UsageCache, measure
from runtimes.oci.tests.image.test_tree import make_deep

if TYPE_CHECKING:
    from pathlib import Path


def test_blocks_and_inodes_are_counted_once(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/file").write_bytes(b"x" * 100_000)
    os.link(tmp_path / "folder/file", tmp_path / "hard")
    (tmp_path / "link").symlink_to("folder")
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(10_000_000)

    usage = measure(tmp_path, lambda: 7)

    assert usage.inodes == 4
    assert 100_000 <= usage.used_bytes <= 130_000
    assert usage.timestamp_ns == 7


def test_what_isnt_there_uses_nothing(tmp_path: Path) -> None:
    assert measure(tmp_path / "absent").used_bytes == 0


def test_any_depth_is_survived(tmp_path: Path) -> None:
    from runtimes.oci.image.tree import remove_tree

    make_deep(tmp_path / "deep", 3000)

    assert measure(tmp_path).inodes > 100
    remove_tree(tmp_path / "deep")


def test_answers_are_kept_for_a_while(tmp_path: Path) -> None:
    now = [0]
    cache = UsageCache(max_age=10, clock_ns=lambda: now[0])
    (tmp_path / "a").touch()
    assert cache.get(tmp_path).inodes == 1

    (tmp_path / "b").touch()
    now[0] = 9 * 10**9
    assert cache.get(tmp_path).inodes == 1

    now[0] = 11 * 10**9
    assert cache.get(tmp_path).inodes == 2

    (tmp_path / "c").touch()
    cache.forget(tmp_path)
    assert cache.get(tmp_path).inodes == 3
