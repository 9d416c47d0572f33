"""ContainerStatus."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.contract.bench import Bench

MINUTE_NS = 60 * 10**9


def test_container_status_repeats_what_it_was_given(contract: Bench) -> None:
    config = contract.config("true")
    config.labels.update({"app": "web"})
    config.annotations.update({"note": '{"json": "ä"}'})
    container = contract.create(config)

    status = contract.status(container)

    assert status.id == container
    assert status.metadata == config.metadata
    assert status.labels == config.labels
    assert status.annotations == config.annotations
    assert status.log_path == f"{contract.sandbox.config.log_directory}/{config.log_path}"


def test_container_status_tells_when_it_was_created(contract: Bench) -> None:
    status = contract.status(contract.create(contract.config("true")))

    assert abs(time.time_ns() - status.created_at) < MINUTE_NS


def test_container_status_names_an_image_that_image_status_knows(contract: Bench) -> None:
    status = contract.status(contract.create(contract.config("true")))
    wanted = contract.service.image_status(contract.image).image.id

    for reference in (status.image.image, status.image_ref):
        found = contract.service.image_status(cri.ImageSpec(image=reference)).image
        assert found.id == wanted


def test_container_status_has_info_only_when_verbose(contract: Bench) -> None:
    container = contract.create(contract.config("true"))

    assert not contract.service.container_status(container).info
    assert contract.service.container_status(container, verbose=True).info


def test_container_status_of_an_absent_one_is_not_found(contract: Bench) -> None:
    with pytest.raises(errors.NotFound):
        contract.service.container_status("no-such-container")
