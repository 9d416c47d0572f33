"""RemoveImage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.contract.provide import bring
from runtimes.contract.requires import requires
from runtimes.contract.testimage.busybox import REPOSITORY, busybox
from runtimes.contract.testimage.layout import Entry
from runtimes.core.capability import Capability
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.contract.bench import Bench


def own_image(contract: Bench) -> cri.ImageSpec:
    """An image that nothing else uses."""
    mark = f"{contract.run.id}-{contract.run.number()}"
    extra = (Entry("etc/mark", mark.encode(), 0o644),)
    return cri.ImageSpec(
        image=bring(contract.run, busybox(f"{REPOSITORY}/own:{mark}", extra=extra))
    )


@requires(Capability.IMAGE_REMOVE)
def test_remove_image_makes_it_unknown(contract: Bench) -> None:
    spec = own_image(contract)
    image = contract.service.image_status(spec).image

    contract.service.remove_image(spec)

    assert not contract.service.image_status(spec).HasField("image")
    assert image.id not in [one.id for one in contract.service.list_images()]


@requires(Capability.IMAGE_REMOVE)
def test_remove_image_by_id(contract: Bench) -> None:
    spec = own_image(contract)
    image = contract.service.image_status(spec).image

    contract.service.remove_image(cri.ImageSpec(image=image.id))

    assert not contract.service.image_status(spec).HasField("image")


@requires(Capability.IMAGE_REMOVE)
def test_remove_image_is_idempotent(contract: Bench) -> None:
    spec = own_image(contract)

    contract.service.remove_image(spec)
    contract.service.remove_image(spec)


@requires(Capability.IMAGE_REMOVE)
def test_remove_image_that_is_absent_succeeds(contract: Bench) -> None:
    contract.service.remove_image(cri.ImageSpec(image="localhost/runtimes-test/no-such-image:1"))
