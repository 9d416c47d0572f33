"""CreateContainer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.contract.bench import Bench


def test_create_container_starts_nothing(contract: Bench) -> None:
    folder = contract.folder()
    config = contract.script("touch /data/started")
    config.mounts.append(cri.Mount(container_path="/data", host_path=str(folder)))

    container = contract.create(config)

    status = contract.status(container)
    assert status.state == cri.CONTAINER_CREATED
    assert (status.started_at, status.finished_at) == (0, 0)
    assert list(folder.iterdir()) == []


def test_create_container_takes_an_image_by_its_id(contract: Bench) -> None:
    config = contract.config("true")
    config.image.image = contract.service.image_status(contract.image).image.id

    assert contract.finish(config).status.exit_code == 0


def test_create_container_in_an_absent_sandbox_is_not_found(contract: Bench) -> None:
    with pytest.raises(errors.NotFound) as caught:
        contract.service.create_container(
            "no-such-sandbox", contract.config("true"), contract.sandbox_config()
        )

    assert not isinstance(caught.value, errors.ImageNotFound)


def test_create_container_of_an_absent_image_is_image_not_found(contract: Bench) -> None:
    config = contract.config("true")
    config.image.image = "localhost/runtimes-test/no-such-image:1"

    with pytest.raises(errors.ImageNotFound):
        contract.create(config)


def test_create_container_without_a_name_is_an_invalid_argument(contract: Bench) -> None:
    config = contract.config("true")
    config.ClearField("metadata")

    with pytest.raises(errors.InvalidArgument):
        contract.create(config)


def test_create_container_of_the_same_name_and_attempt_is_refused(contract: Bench) -> None:
    config = contract.config("true")
    contract.create(config)

    with pytest.raises(errors.AlreadyExists):
        contract.create(config)


def test_create_container_again_with_the_next_attempt_succeeds(contract: Bench) -> None:
    config = contract.config("true")
    first = contract.create(config)
    config.metadata.attempt += 1

    second = contract.create(config)

    assert first != second
    assert contract.status(second).metadata == config.metadata


def test_a_refused_container_leaves_nothing(contract: Bench) -> None:
    config = contract.config("true")
    config.image.image = "localhost/runtimes-test/no-such-image:1"
    with pytest.raises(errors.Error):
        contract.create(config)

    config.image.CopyFrom(contract.image)

    assert contract.create(config)
