"""PullImage. What needs a registry is skipped without one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.contract.provide import publish
from runtimes.contract.requires import requires
from runtimes.contract.testimage.busybox import REPOSITORY, busybox
from runtimes.contract.testimage.layout import Entry
from runtimes.core import errors
from runtimes.core.capability import Capability
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.contract.bench import Bench
    from runtimes.contract.testimage.layout import BuiltImage


def own_image(contract: Bench) -> BuiltImage:
    mark = f"{contract.run.id}-{contract.run.number()}"
    return busybox(f"{REPOSITORY}/pulled:{mark}", extra=(Entry("mark", mark.encode(), 0o644),))


@requires(Capability.IMAGE_PULL)
def test_a_pulled_image_can_be_run(contract: Bench) -> None:
    image = own_image(contract)
    spec = cri.ImageSpec(image=publish(contract.run, image))
    config = contract.config("cat", "/mark")

    config.image.image = contract.service.pull_image(spec)

    assert contract.finish(config).log == image.name.rpartition(":")[2]


@requires(Capability.IMAGE_PULL)
def test_pull_image_gives_a_reference_that_image_status_knows(contract: Bench) -> None:
    image = own_image(contract)
    spec = cri.ImageSpec(image=publish(contract.run, image))

    reference = contract.service.pull_image(spec)

    by_reference = contract.service.image_status(cri.ImageSpec(image=reference)).image
    by_name = contract.service.image_status(spec).image
    assert by_reference.id == by_name.id == image.id
    assert spec.image in by_name.repo_tags
    assert any(one.endswith(f"@{image.digest}") for one in by_name.repo_digests)


@requires(Capability.IMAGE_PULL)
def test_pull_image_by_digest(contract: Bench) -> None:
    image = own_image(contract)
    name = publish(contract.run, image).rpartition(":")[0]
    spec = cri.ImageSpec(image=f"{name}@{image.digest}")

    contract.service.pull_image(spec)

    assert contract.service.image_status(spec).image.id == image.id


@requires(Capability.IMAGE_PULL)
def test_pull_image_again_succeeds(contract: Bench) -> None:
    spec = cri.ImageSpec(image=publish(contract.run, own_image(contract)))

    assert contract.service.pull_image(spec) == contract.service.pull_image(spec)


@requires(Capability.IMAGE_PULL)
def test_pull_image_that_the_registry_lacks_is_image_not_found(contract: Bench) -> None:
    known = publish(contract.run, own_image(contract))

    with pytest.raises(errors.ImageNotFound):
        contract.service.pull_image(cri.ImageSpec(image=f"{known}-not-there"))


@requires(Capability.IMAGE_PULL)
def test_pull_image_from_where_no_registry_is_fails(contract: Bench) -> None:
    with pytest.raises(errors.Error):
        contract.service.pull_image(cri.ImageSpec(image="127.0.0.1:1/no/such:image"))
