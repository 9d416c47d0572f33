"""Images as volumes: read-only, whole or in part, and never more than the image."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runtimes.oci.tests.pods import Pods

pytestmark = [pytest.mark.needs_root, pytest.mark.needs_oci]

DATA = "localhost/oci-test/data:1"
LINKS = {"inside": "/data/deep", "outside": "../../../../etc", "absolute": "/etc"}


@pytest.fixture
def data(pods: Pods, tmp_path: Path) -> Iterator[str]:
    """An image of a few files and links; its id."""
    archive = tmp_path / "data.tar"
    with tarfile.open(archive, "w") as tar:
        member = tarfile.TarInfo("data/deep/file")
        member.size = len(b"hello\n")
        tar.addfile(member, io.BytesIO(b"hello\n"))
        for name, target in LINKS.items():
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, target
            tar.addfile(link)
    pods.service.import_image(archive, DATA)
    yield pods.service.image_status(cri.ImageSpec(image=DATA)).image.id
    pods.service.remove_image(cri.ImageSpec(image=DATA))


def volume(sub_path: str = "", **more: object) -> cri.Mount:
    fields: dict[str, object] = {
        "container_path": "/volume",
        "image": cri.ImageSpec(image=DATA),
        "image_sub_path": sub_path,
        "readonly": True,
    }
    return cri.Mount(**{**fields, **more})  # type: ignore[arg-type]  # fields by name


def test_it_is_there_read_only_and_told_in_the_status(pods: Pods, data: str) -> None:
    container = pods.start(pods.run(), mounts=[volume()])

    assert pods.sh(container, "cat /volume/data/deep/file") == "hello\n"
    answer = pods.service.exec_sync(container, ["touch", "/volume/new"], 10)
    assert b"Read-only" in answer.stderr
    (mount,) = pods.status(container).mounts
    assert (mount.image.image, mount.image.image_ref) == (DATA, data)


@pytest.mark.parametrize("sub_path", ["data/deep", "/data/deep", "inside"])
def test_a_part_of_it_can_be_mounted(pods: Pods, data: str, sub_path: str) -> None:
    container = pods.start(pods.run(), mounts=[volume(sub_path)])

    assert pods.sh(container, "ls /volume") == "file\n"


@pytest.mark.parametrize("sub_path", ["missing", "data/deep/file", "outside", "absolute"])
def test_what_is_no_folder_of_the_image_is_refused(pods: Pods, data: str, sub_path: str) -> None:
    pod = pods.run()

    with pytest.raises(errors.InvalidArgument, match=f"no folder '{sub_path}'"):
        pods.create(pod, mounts=[volume(sub_path)])


def test_dots_never_leave_the_image(pods: Pods, data: str) -> None:
    container = pods.start(pods.run(), mounts=[volume("data/../../../../data")])

    assert pods.sh(container, "ls /volume") == "deep\n"


def test_what_cannot_be_is_refused(pods: Pods, data: str) -> None:
    pod = pods.run()

    with pytest.raises(errors.ImageNotFound):
        pods.create(pod, mounts=[volume(image=cri.ImageSpec(image="localhost/no/such:1"))])
    with pytest.raises(errors.InvalidArgument, match="readonly"):
        pods.create(pod, mounts=[volume(readonly=False)])
    with pytest.raises(errors.InvalidArgument, match="not both"):
        pods.create(pod, mounts=[volume(host_path="/tmp")])


def test_an_image_that_is_mounted_keeps_its_layers(pods: Pods, data: str) -> None:
    container = pods.start(pods.run(), mounts=[volume()])

    pods.service.remove_image(cri.ImageSpec(image=DATA))

    assert pods.sh(container, "cat /volume/data/deep/file") == "hello\n"
