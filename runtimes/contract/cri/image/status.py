"""ImageStatus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.contract.bench import Bench


def test_image_status_describes_an_image(contract: Bench) -> None:
    image = contract.service.image_status(contract.image).image

    assert image.id
    assert image.size > 0
    assert contract.run.image in image.repo_tags


def test_image_status_finds_an_image_by_id(contract: Bench) -> None:
    image = contract.service.image_status(contract.image).image

    found = contract.service.image_status(cri.ImageSpec(image=image.id)).image

    assert found.id == image.id


def test_image_status_of_an_absent_one_is_an_answer_without_an_image(contract: Bench) -> None:
    spec = cri.ImageSpec(image="localhost/runtimes-test/no-such-image:1")

    assert not contract.service.image_status(spec).HasField("image")


def test_image_status_has_info_only_when_verbose(contract: Bench) -> None:
    assert not contract.service.image_status(contract.image).info
    assert contract.service.image_status(contract.image, verbose=True).info
