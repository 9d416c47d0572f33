"""Calls from several threads at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from runtimes.contract.docker.bench import DockerBench

THREADS = 8


def test_one_of_several_threads_gets_a_name(contract_docker: DockerBench) -> None:
    options = contract_docker.options({"Cmd": ["true"]})

    def create(_number: int) -> str:
        try:
            return contract_docker.create_as(options)
        except errors.AlreadyExists:
            return ""

    with ThreadPoolExecutor(THREADS) as pool:
        made = list(pool.map(create, range(THREADS)))

    assert len([container for container in made if container]) == 1


def test_commands_of_several_threads_keep_their_output(contract_docker: DockerBench) -> None:
    container = contract_docker.sleeper()

    def say(number: int) -> str:
        return contract_docker.exec(container, "echo", str(number)).out

    with ThreadPoolExecutor(THREADS) as pool:
        said = list(pool.map(say, range(THREADS)))

    assert said == [f"{number}\n" for number in range(THREADS)]
