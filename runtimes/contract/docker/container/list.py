"""ListContainers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.docker.interface import ListOptions

if TYPE_CHECKING:
    from runtimes.contract.docker.bench import DockerBench


def _ours(bench: DockerBench, *, everything: bool) -> list[str]:
    options = ListOptions(all=everything, filters={"label": [bench.run.label]})
    return [container["Id"] for container in bench.docker.list_containers(options)]


def test_list_containers_has_running_ones_only(contract_docker: DockerBench) -> None:
    created = contract_docker.create({"Cmd": ["true"]})
    running = contract_docker.sleeper()

    found = _ours(contract_docker, everything=False)

    assert running in found
    assert created not in found


def test_list_all_containers_has_created_and_ended_ones(contract_docker: DockerBench) -> None:
    created = contract_docker.create({"Cmd": ["true"]})
    ended = contract_docker.sh("exit 0")
    contract_docker.finish(ended)

    assert {created, ended} <= set(_ours(contract_docker, everything=True))
    assert not {created, ended} & set(_ours(contract_docker, everything=False))


def test_list_containers_takes_several_labels_that_must_all_match(
    contract_docker: DockerBench,
) -> None:
    both = contract_docker.create({"Cmd": ["true"], "Labels": {"app": "a", "tier": "t"}})
    contract_docker.create({"Cmd": ["true"], "Labels": {"app": "a"}})
    wanted = [contract_docker.run.label, "app=a", "tier=t"]

    found = contract_docker.docker.list_containers(ListOptions(all=True, filters={"label": wanted}))

    assert [container["Id"] for container in found] == [both]


def test_list_containers_describes_each(contract_docker: DockerBench) -> None:
    options = contract_docker.options({"Cmd": ["true"], "Labels": {"app": "listed"}})
    container = contract_docker.create_as(options)
    filters = {"label": ["app=listed", contract_docker.run.label]}

    (found,) = contract_docker.docker.list_containers(ListOptions(all=True, filters=filters))

    assert found["Id"] == container
    assert found["Names"] == [f"/{options.name}"]
    assert found["Labels"]["app"] == "listed"
    assert found["State"] == "created"
    assert found["Created"] > 1_500_000_000
    image = contract_docker.docker.inspect_image(contract_docker.run.image)
    assert found["ImageID"].removeprefix("sha256:") == image["Id"].removeprefix("sha256:")


def test_list_containers_of_an_unknown_label_is_empty(contract_docker: DockerBench) -> None:
    options = ListOptions(all=True, filters={"label": ["runtimes.contract/nobody=has-this"]})

    assert contract_docker.docker.list_containers(options) == []


def test_list_containers_has_a_stopped_one_as_exited(contract_docker: DockerBench) -> None:
    container = contract_docker.sh("exit 3")
    contract_docker.finish(container)
    options = ListOptions(all=True, filters={"label": [contract_docker.run.label]})

    states = {one["Id"]: one["State"] for one in contract_docker.docker.list_containers(options)}

    assert states[container] == "exited"
