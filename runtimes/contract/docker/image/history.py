"""ImageHistory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors

if TYPE_CHECKING:
    from runtimes.contract.docker.bench import DockerBench


def test_image_history_begins_with_the_image_itself(contract_docker: DockerBench) -> None:
    reference = contract_docker.run.image
    image_id = contract_docker.docker.inspect_image(reference)["Id"]

    steps = contract_docker.docker.image_history(reference)

    assert steps[0]["Id"].removeprefix("sha256:") == image_id.removeprefix("sha256:")
    assert sum(step["Size"] for step in steps) > 0


def test_image_history_of_an_absent_image_is_image_not_found(contract_docker: DockerBench) -> None:
    with pytest.raises(errors.ImageNotFound):
        contract_docker.docker.image_history("localhost/rtd/absent:1")
