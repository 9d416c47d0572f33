"""CreateContainer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors

if TYPE_CHECKING:
    from runtimes.contract.docker.bench import DockerBench

MIB = 1024 * 1024


def test_create_container_does_not_start_it(contract_docker: DockerBench) -> None:
    container = contract_docker.create({"Cmd": ["true"]})

    assert not contract_docker.state(container)["Running"]


def test_create_container_of_a_taken_name_tells_who_has_it(contract_docker: DockerBench) -> None:
    options = contract_docker.options({"Cmd": ["true"]})
    holder = contract_docker.create_as(options)

    with pytest.raises(errors.AlreadyExists, match=holder):
        contract_docker.docker.create_container(options)

    assert contract_docker.docker.inspect_container(options.name)["Id"] == holder


def test_create_container_reuses_the_name_of_a_removed_one(contract_docker: DockerBench) -> None:
    options = contract_docker.options({"Cmd": ["true"]})
    first = contract_docker.create_as(options)
    contract_docker.docker.remove_container(first)

    assert contract_docker.create_as(options) != first


def test_create_container_of_an_absent_image_is_image_not_found(
    contract_docker: DockerBench,
) -> None:
    options = contract_docker.options({"Cmd": ["true"], "Image": "localhost/rtd/absent:1"})

    with pytest.raises(errors.ImageNotFound):
        contract_docker.docker.create_container(options)


def test_create_container_of_an_image_id_works(contract_docker: DockerBench) -> None:
    image = contract_docker.docker.inspect_image(contract_docker.run.image)["Id"]

    container = contract_docker.start({"Image": image, "Cmd": ["true"]})

    assert contract_docker.finish(container)["ExitCode"] == 0


def test_create_container_refuses_too_little_memory(contract_docker: DockerBench) -> None:
    with pytest.raises(errors.InvalidArgument):
        contract_docker.create({"Cmd": ["true"]}, {"Memory": 3})


@pytest.mark.parametrize(("wanted", "got"), [({}, 64 * MIB), ({"ShmSize": 8 * MIB}, 8 * MIB)])
def test_create_container_sets_the_size_of_shared_memory(
    contract_docker: DockerBench, wanted: dict[str, int], got: int
) -> None:
    options = contract_docker.options({"Cmd": ["true"]})
    container = contract_docker.create_as(replace(options, host_config=wanted))  # type: ignore[arg-type]  # of TypedDict HostConfig

    assert contract_docker.docker.inspect_container(container)["HostConfig"]["ShmSize"] == got


def test_create_container_leaves_its_arguments_as_they_were(contract_docker: DockerBench) -> None:
    options = contract_docker.options({"Cmd": ["true"]})

    contract_docker.create_as(options)

    assert options.host_config == {}


def test_created_container_runs_with_its_environment(contract_docker: DockerBench) -> None:
    script = "echo $COLOUR; pwd; id -u; hostname"
    container = contract_docker.start(
        {
            "Cmd": ["sh", "-c", script],
            "Env": ["COLOUR=green"],
            "WorkingDir": "/mnt",
            "User": "1000",
            "Hostname": "named",
        }
    )
    contract_docker.finish(container)

    assert contract_docker.log(container).out.split() == ["green", "/mnt", "1000", "named"]


def test_created_container_runs_the_image_s_command_by_default(
    contract_docker: DockerBench,
) -> None:
    container = contract_docker.start({})

    assert contract_docker.finish(container)["ExitCode"] == 0
    assert contract_docker.docker.inspect_container(container)["Config"]["Cmd"] == ["sh"]
