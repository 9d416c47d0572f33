"""The folder where an Engine keeps layers, by its own word and what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from runtimes.core import errors
from runtimes.core.docker.graph import image_folder, uses_containerd

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.core.docker.types import Info

SNAPSHOTS = "io.containerd.snapshotter.v1.overlayfs"


def info(root: Path, driver: str, *status: list[str]) -> Info:
    return cast("Info", {"DockerRootDir": str(root), "Driver": driver, "DriverStatus": status})


def of_containerd(root: Path) -> Info:
    return info(root, "overlayfs", ["driver-type", "io.containerd.snapshotter.v1"])


def test_a_storage_driver_has_its_folder_below_the_engines(tmp_path: Path) -> None:
    engine = info(tmp_path, "overlay2", ["Backing Filesystem", "extfs"])
    (tmp_path / "overlay2").mkdir()

    assert image_folder(engine) == tmp_path / "overlay2"
    assert not uses_containerd(engine)


@pytest.mark.parametrize("place", ["docker/containerd/daemon", "containerd"])
def test_containerds_store_is_the_engines_own_or_the_hosts(tmp_path: Path, place: str) -> None:
    engine = of_containerd(tmp_path / "docker")
    folder = tmp_path / place / SNAPSHOTS
    folder.mkdir(parents=True)
    (tmp_path / "docker/overlayfs").mkdir(parents=True)

    assert image_folder(engine, tmp_path / "containerd") == folder
    assert uses_containerd(engine)


def test_what_is_nowhere_is_told_with_all_places(tmp_path: Path) -> None:
    with pytest.raises(errors.Unavailable, match=f"docker/containerd/daemon/{SNAPSHOTS}.* or "):
        image_folder(of_containerd(tmp_path / "docker"), tmp_path / "containerd")
