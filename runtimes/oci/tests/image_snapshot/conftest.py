from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.oci import snapshot
from runtimes.oci.host.syscalls import DETACH, umount

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def container(tmp_path: Path) -> Iterator[Path]:
    """A container's folder; whatever is mounted in it is unmounted afterwards."""
    folder = tmp_path / "container"
    folder.mkdir()
    yield folder
    snapshot.remove(folder)


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[list[Path]]:
    """Append what a test mounts itself."""
    paths: list[Path] = []
    yield paths
    for path in reversed(paths):
        umount(path, DETACH)
