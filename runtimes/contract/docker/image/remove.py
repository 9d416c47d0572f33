"""RemoveImage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors

if TYPE_CHECKING:
    from runtimes.contract.docker.bench import DockerBench


def test_remove_image_says_what_it_removed(contract_docker: DockerBench) -> None:
    reference = contract_docker.pulled()
    image_id = contract_docker.docker.inspect_image(reference)["Id"]

    steps = contract_docker.docker.remove_image(reference)

    assert reference in [step.get("Untagged") for step in steps]
    deleted = [step["Deleted"].removeprefix("sha256:") for step in steps if "Deleted" in step]
    assert image_id.removeprefix("sha256:") in deleted
    with pytest.raises(errors.ImageNotFound):
        contract_docker.docker.inspect_image(reference)


def test_remove_image_that_is_absent_is_image_not_found(contract_docker: DockerBench) -> None:
    with pytest.raises(errors.ImageNotFound):
        contract_docker.docker.remove_image("localhost/rtd/absent:1")


def test_remove_image_that_a_container_uses_is_a_failed_precondition(
    contract_docker: DockerBench,
) -> None:
    reference = contract_docker.pulled()
    container = contract_docker.start({"Image": reference, "Cmd": ["sleep", "1000"]})

    with pytest.raises(errors.FailedPrecondition):
        contract_docker.docker.remove_image(reference)

    contract_docker.docker.remove_container(container, force=True)
    assert contract_docker.docker.inspect_image(reference)
