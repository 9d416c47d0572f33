"""import_image: ours, not an RPC."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.contract.requires import requires
from runtimes.contract.testimage.busybox import REPOSITORY, busybox
from runtimes.core import errors
from runtimes.core.capability import Capability
from runtimes.core.cri.services import ImageImporter
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.contract.bench import Bench


def importer(contract: Bench) -> ImageImporter:
    assert isinstance(contract.service, ImageImporter)
    return contract.service


@requires(Capability.IMAGE_IMPORT)
def test_import_keeps_the_archives_own_name(contract: Bench, tmp_path: Path) -> None:
    image = busybox(f"{REPOSITORY}/imported:{contract.run.id}")
    path = tmp_path / "image.tar"
    path.write_bytes(image.archive())

    assert importer(contract).import_image(path) == [image.name]
    assert contract.service.image_status(cri.ImageSpec(image=image.name)).HasField("image")


@requires(Capability.IMAGE_IMPORT)
def test_import_under_another_name(contract: Bench, tmp_path: Path) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(busybox(f"{REPOSITORY}/imported:{contract.run.id}").archive())
    name = f"{REPOSITORY}/renamed:{contract.run.id}"

    assert importer(contract).import_image(path, name) == [name]
    config = contract.config("echo", "runs")
    config.image.image = name
    assert contract.finish(config).log == "runs\n"


@requires(Capability.IMAGE_IMPORT)
@pytest.mark.parametrize("content", [b"", b"not an archive", b"\x1f\x8b broken gzip"])
def test_import_of_something_else_is_an_invalid_argument(
    contract: Bench, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(content)

    with pytest.raises(errors.InvalidArgument):
        importer(contract).import_image(path)
