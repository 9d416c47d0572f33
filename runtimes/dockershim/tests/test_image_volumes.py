"""Images as volumes: which folders of which layers make them up, and what the Engine is asked."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.testimage.busybox import BUSYBOX
from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.docker.spec.image_volume import ImageVolume, spelt_out
from runtimes.dockershim.container.image_volumes import beneath

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.dockershim.service import DockershimService
    from runtimes.dockershim.tests.conftest import Node


@pytest.fixture
def layers(tmp_path: Path) -> list[Path]:
    """The topmost first; each has data/sub with a file of its own."""
    made = [tmp_path / name for name in ("top", "middle", "bottom")]
    for layer in made:
        (layer / "data/sub").mkdir(parents=True)
        (layer / "data/sub" / layer.name).touch()
    return made


def test_a_folder_is_in_every_layer_that_has_it(layers: list[Path]) -> None:
    (layers[1] / "data/sub/middle").unlink()
    (layers[1] / "data/sub").rmdir()

    assert beneath(layers, "/data/sub/", "x") == [layers[0] / "data/sub", layers[2] / "data/sub"]


@pytest.mark.needs_root
@pytest.mark.parametrize("hidden", ["data", "data/sub"])
def test_what_a_layer_removed_is_gone_from_those_below(layers: list[Path], hidden: str) -> None:
    os.setxattr(layers[1] / hidden, "trusted.overlay.opaque", b"y")

    assert beneath(layers, "data/sub", "x") == [one / "data/sub" for one in layers[:2]]

    (layers[1] / "data/sub/middle").unlink()
    (layers[1] / "data/sub").rmdir()
    os.mknod(layers[1] / "data/sub", stat.S_IFCHR, os.makedev(0, 0))
    assert beneath(layers, "data/sub", "x") == [layers[0] / "data/sub"]


@pytest.mark.parametrize(
    "path", ["no", "data/file", "data/link", "data/../data/sub", "data/link/x"]
)
def test_what_is_no_folder_is_refused(layers: list[Path], path: str) -> None:
    (layers[0] / "data/file").touch()
    (layers[0] / "data/link").symlink_to("/etc")

    with pytest.raises(errors.InvalidArgument):
        beneath(layers, path, "x")


def test_a_layer_that_is_not_here_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(errors.FailedPrecondition, match="isn't here"):
        beneath([tmp_path / "elsewhere"], "data", "x")


def test_a_newer_engine_is_asked_by_name() -> None:
    volume = ImageVolume(path="/data", image="web:1", image_id="sha256:1", sub_path="sub")

    assert spelt_out(volume) == {
        "Type": "image",
        "Source": "sha256:1",
        "Target": "/data",
        "ReadOnly": True,
        "ImageOptions": {"Subpath": "sub"},
    }


def test_more_layers_than_a_mount_can_name_are_refused(tmp_path: Path) -> None:
    many = tuple(tmp_path / f"{number:060}" for number in range(80))
    volume = ImageVolume(path="/data", image="i", image_id="sha256:1", sub_path="", layers=many)

    with pytest.raises(errors.Unimplemented, match="80 layers"):
        spelt_out(volume)


@pytest.mark.needs_docker
@pytest.mark.needs_root
def test_an_image_that_is_mounted_is_in_use_and_its_volume_goes_with_the_container(
    node: Node, service: DockershimService
) -> None:
    config = node.sandbox("volume")
    sandbox = service.run_pod_sandbox(config)
    image = cri.ImageSpec(image=service.engine.options.sandbox_image)
    wanted = node.container()
    wanted.mounts.append(cri.Mount(container_path="/data", image=image, readonly=True))
    container = service.create_container(sandbox, wanted, config)
    service.stop_pod_sandbox(sandbox)
    docker = service.engine.docker
    docker.remove_container(sandbox, force=True)

    with pytest.raises(errors.FailedPrecondition, match=container):
        service.remove_image(image)

    kept = docker.inspect_container(container)["Mounts"]
    (volume,) = [mount for mount in kept if mount["Destination"] == "/data"]
    service.remove_container(container)
    assert not os.path.exists(volume["Source"])  # noqa: PTH110 -- a folder of the Engine's
    assert service.image_status(cri.ImageSpec(image=BUSYBOX)).image.id
