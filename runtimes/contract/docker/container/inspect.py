"""InspectContainer."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.docker.bench import ABSENT
from runtimes.core import errors

if TYPE_CHECKING:
    from runtimes.contract.docker.bench import DockerBench


def test_inspect_container_finds_it_by_id_name_and_prefix(contract_docker: DockerBench) -> None:
    options = contract_docker.options({"Cmd": ["true"]})
    container = contract_docker.create_as(options)

    for key in (container, options.name, container[:20]):
        assert contract_docker.docker.inspect_container(key)["Id"] == container


def test_inspect_container_that_is_absent_is_not_found(contract_docker: DockerBench) -> None:
    with pytest.raises(errors.NotFound):
        contract_docker.docker.inspect_container(ABSENT)


def test_inspect_container_without_an_id_is_an_invalid_argument(
    contract_docker: DockerBench,
) -> None:
    with pytest.raises(errors.InvalidArgument):
        contract_docker.docker.inspect_container("")


def test_inspect_container_gives_back_its_configuration(contract_docker: DockerBench) -> None:
    options = contract_docker.options(
        {
            "Entrypoint": ["/bin/sh"],
            "Cmd": ["-c", "true"],
            "Env": ["COLOUR=green"],
            "Labels": {"app": "inspected"},
            "WorkingDir": "/mnt",
        }
    )
    container = contract_docker.create_as(options)

    found = contract_docker.docker.inspect_container(container)

    assert found["Name"] == f"/{options.name}"
    assert found["Config"]["Entrypoint"] == ["/bin/sh"]
    assert found["Config"]["Cmd"] == ["-c", "true"]
    assert "COLOUR=green" in found["Config"]["Env"]
    assert found["Config"]["Labels"]["app"] == "inspected"
    assert found["Config"]["WorkingDir"] == "/mnt"
    image = contract_docker.docker.inspect_image(contract_docker.run.image)
    assert found["Image"].removeprefix("sha256:") == image["Id"].removeprefix("sha256:")


def test_inspect_created_container_says_that_it_never_ran(contract_docker: DockerBench) -> None:
    state = contract_docker.state(contract_docker.create({"Cmd": ["true"]}))

    assert not state["Running"]
    assert state["Pid"] == 0
    assert state["StartedAt"].startswith("0001-01-01T00:00:00")


def test_inspect_running_container_has_a_process(contract_docker: DockerBench) -> None:
    state = contract_docker.state(contract_docker.sleeper())

    assert state["Running"]
    assert state["Pid"] > 0
    assert not state["StartedAt"].startswith("0001")
    assert state["FinishedAt"].startswith("0001")


def test_inspect_ended_container_has_its_exit_code_and_times(contract_docker: DockerBench) -> None:
    container = contract_docker.sh("sleep 0.3; exit 5")

    state = contract_docker.finish(container)

    assert state["ExitCode"] == 5
    assert not state["OOMKilled"]
    assert _seconds(state["StartedAt"]) <= _seconds(state["FinishedAt"])


def _seconds(text: str) -> float:
    whole = datetime.fromisoformat(text.partition(".")[0].rstrip("Z") + "+00:00")
    fraction = text.partition(".")[2].partition("Z")[0].partition("+")[0].partition("-")[0]
    return whole.timestamp() + float(f"0.{fraction or 0}")
