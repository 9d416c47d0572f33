"""ListImages and StreamImages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.contract.requires import requires
from runtimes.core.capability import Capability
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.contract.bench import Bench


def test_list_images_has_what_is_there_once(contract: Bench) -> None:
    wanted = contract.service.image_status(contract.image).image.id

    assert [image.id for image in contract.service.list_images()].count(wanted) == 1


def test_list_images_by_reference(contract: Bench) -> None:
    wanted = contract.service.image_status(contract.image).image.id

    listed = contract.service.list_images(cri.ImageFilter(image=contract.image))

    assert [image.id for image in listed] == [wanted]


def test_list_images_by_an_unknown_reference_is_empty(contract: Bench) -> None:
    spec = cri.ImageSpec(image="localhost/runtimes-test/no-such-image:1")

    assert contract.service.list_images(cri.ImageFilter(image=spec)) == []


@requires(Capability.LIST_STREAMS)
def test_stream_images_has_what_the_list_has_once(contract: Bench) -> None:
    streamed = sorted(image.id for image in contract.service.stream_images())

    assert streamed == sorted(image.id for image in contract.service.list_images())
