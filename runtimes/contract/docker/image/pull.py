"""PullImage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.core import deadline, errors, progress

if TYPE_CHECKING:
    from runtimes.contract.docker.bench import DockerBench

UNREACHABLE = "127.0.0.1:1/rtd/nothing:1"


def test_pull_image_brings_it(contract_docker: DockerBench) -> None:
    reference = contract_docker.published()
    contract_docker.cleanup(lambda: contract_docker.forget_image(reference))

    contract_docker.docker.pull_image(reference)

    container = contract_docker.start({"Image": reference, "Cmd": ["echo", "pulled"]})
    contract_docker.finish(container)
    assert contract_docker.log(container).out == "pulled\n"
    contract_docker.docker.remove_container(container)


def test_pull_image_that_is_here_succeeds(contract_docker: DockerBench) -> None:
    reference = contract_docker.pulled()

    contract_docker.docker.pull_image(reference)


def test_pull_image_by_its_digest(contract_docker: DockerBench) -> None:
    reference = contract_docker.pulled()
    digest = contract_docker.docker.inspect_image(reference)["RepoDigests"][0]
    contract_docker.docker.remove_image(reference, force=True)

    contract_docker.docker.pull_image(digest)

    contract_docker.cleanup(lambda: contract_docker.forget_image(digest))
    assert digest in contract_docker.docker.inspect_image(digest)["RepoDigests"]


def test_pull_image_reports_its_progress(contract_docker: DockerBench) -> None:
    reference = contract_docker.published()
    contract_docker.cleanup(lambda: contract_docker.forget_image(reference))
    heard: list[progress.Progress] = []

    with progress.listen(heard.append):
        contract_docker.docker.pull_image(reference)

    assert heard[0].phase == "resolving"
    assert heard[-1].phase == "done"
    known = {"resolving", "downloading", "unpacking", "done", "exists"}
    assert {step.phase for step in heard} <= known


def test_pull_image_that_the_registry_lacks_is_image_not_found(
    contract_docker: DockerBench,
) -> None:
    name = contract_docker.published().rpartition(":")[0]

    with pytest.raises(errors.ImageNotFound):
        contract_docker.docker.pull_image(f"{name}:absent")


def test_pull_image_without_a_tag_means_latest(contract_docker: DockerBench) -> None:
    name = contract_docker.published().rpartition(":")[0]

    with pytest.raises(errors.ImageNotFound):
        contract_docker.docker.pull_image(name)


def test_pull_image_from_an_unreachable_registry_is_unavailable(
    contract_docker: DockerBench,
) -> None:
    with deadline.within(30), pytest.raises(errors.RegistryUnavailable):
        contract_docker.docker.pull_image(UNREACHABLE)


@pytest.mark.parametrize("reference", ["", "lower/UPPER", "a b", "x@sha256:short"])
def test_pull_image_of_an_invalid_reference_is_an_invalid_argument(
    contract_docker: DockerBench, reference: str
) -> None:
    with pytest.raises(errors.InvalidArgument):
        contract_docker.docker.pull_image(reference)
