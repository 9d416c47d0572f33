"""InspectImage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors

if TYPE_CHECKING:
    from runtimes.contract.docker.bench import DockerBench


def test_inspect_image_finds_it_by_reference_and_id(contract_docker: DockerBench) -> None:
    reference = contract_docker.run.image
    found = contract_docker.docker.inspect_image(reference)
    whole = found["Id"]

    for key in (whole, whole.removeprefix("sha256:")):
        assert contract_docker.docker.inspect_image(key)["Id"] == whole
    assert reference in found["RepoTags"]


def test_inspect_image_describes_it(contract_docker: DockerBench) -> None:
    found = contract_docker.docker.inspect_image(contract_docker.run.image)

    assert found["Config"]["Cmd"] == ["sh"]
    assert any(line.startswith("PATH=") for line in found["Config"]["Env"])
    assert found["Os"] == "linux"
    assert found["Size"] > 0


@pytest.mark.parametrize("tag", ["absent", "11"])
def test_inspect_image_of_another_tag_is_not_found(contract_docker: DockerBench, tag: str) -> None:
    name = contract_docker.run.image.rpartition(":")[0]

    with pytest.raises(errors.ImageNotFound):
        contract_docker.docker.inspect_image(f"{name}:{tag}")


def test_inspect_image_takes_the_beginning_of_an_id_for_a_name(
    contract_docker: DockerBench,
) -> None:
    whole = contract_docker.docker.inspect_image(contract_docker.run.image)["Id"]

    with pytest.raises(errors.ImageNotFound):
        contract_docker.docker.inspect_image(whole.removeprefix("sha256:")[:12])


def test_inspect_image_by_its_digest(contract_docker: DockerBench) -> None:
    reference = contract_docker.pulled()
    digest = contract_docker.docker.inspect_image(reference)["RepoDigests"][0]

    assert reference in contract_docker.docker.inspect_image(digest)["RepoTags"]
    with pytest.raises(errors.ImageNotFound):
        contract_docker.docker.inspect_image(f"{digest.partition('@')[0]}@sha256:{'0' * 64}")


def test_inspect_image_without_a_name_is_an_invalid_argument(contract_docker: DockerBench) -> None:
    with pytest.raises(errors.InvalidArgument):
        contract_docker.docker.inspect_image("")
