"""Images of a real Engine that have several names, as pods and people remove them."""

from __future__ import annotations

import secrets
import tarfile
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.testimage.busybox import PAUSE
from runtimes.core import errors
from runtimes.core.docker.beyond import DockerLoad
from runtimes.core.docker.interface import CreateOptions
from runtimes.core.docker.remove_image import remove_image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from runtimes.docker_legacy.tests.pod.pods import Node

pytestmark = [pytest.mark.needs_docker, pytest.mark.needs_root]


@pytest.fixture
def image(node: Node, tmp_path: Path) -> Iterator[tuple[str, str, str]]:
    """Its id and its two names."""
    archive, name = tmp_path / "root.tar", f"localhost/two-{secrets.token_hex(4)}"
    with tarfile.open(archive, "w") as tar:
        tar.addfile(tarfile.TarInfo(name.replace("/", "-")))
    docker = node.manager.node.docker
    assert isinstance(docker, DockerLoad)
    (first,) = node.manager.import_image(archive, f"{name}:1")
    docker.tag_image(first, f"{name}:2")
    yield docker.inspect_image(first)["Id"], first, f"{name}:2"
    node.manager.remove_image(first)


@pytest.mark.parametrize(
    "called",
    [lambda image: image[0], lambda image: image[0][7:19], lambda image: image[1]],
    ids=["by its id", "by the beginning of its id", "by one of its names"],
)
def test_an_image_goes_with_all_of_its_names(
    node: Node, image: tuple[str, str, str], called: Callable[[tuple[str, str, str]], str]
) -> None:
    node.manager.remove_image(called(image))
    node.manager.remove_image(image[0])

    assert [node.manager.image_ref(name) for name in image] == [None] * 3


def test_an_image_that_a_container_uses_keeps_all_of_its_names(
    node: Node, image: tuple[str, str, str]
) -> None:
    docker = node.manager.node.docker
    options = CreateOptions(name="", config={"Image": image[0], "Cmd": ["x"]}, host_config={})
    container = docker.create_container(options)["Id"]

    with pytest.raises(errors.FailedPrecondition, match=container):
        node.manager.remove_image(image[0])

    docker.remove_container(container)
    assert [node.manager.image_ref(name) for name in image] == [image[0]] * 3


def test_a_name_that_went_to_another_image_meanwhile_stays_there(
    node: Node, image: tuple[str, str, str]
) -> None:
    docker = node.manager.node.docker
    assert isinstance(docker, DockerLoad)
    found = docker.inspect_image(image[0])
    other = docker.inspect_image(PAUSE)["Id"]
    docker.tag_image(PAUSE, image[2])

    remove_image(docker, found)

    assert [node.manager.image_ref(name) for name in image] == [None, None, other]
    docker.remove_image(image[2])


def test_an_image_may_be_removed_by_many_at_once(node: Node, image: tuple[str, str, str]) -> None:
    with ThreadPoolExecutor(8) as many:
        list(many.map(node.manager.remove_image, [image[0], image[1], image[2], image[0]] * 4))

    assert [node.manager.image_ref(name) for name in image] == [None] * 3


def test_the_image_that_every_pod_needs_is_not_for_collection(
    node: Node, image: tuple[str, str, str]
) -> None:
    pinned = {name: one.pinned for one in node.manager.list_images() for name in one.tags}

    assert pinned[PAUSE]
    assert not pinned[image[1]]
