"""RemoveContainer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.contract.bench import Bench


def test_remove_container_makes_it_unknown(contract: Bench) -> None:
    ended = contract.finish(contract.config("true"))

    contract.service.remove_container(ended.id)

    with pytest.raises(errors.NotFound):
        contract.service.container_status(ended.id)
    assert contract.service.list_containers(cri.ContainerFilter(id=ended.id)) == []


def test_remove_container_is_idempotent(contract: Bench) -> None:
    container = contract.create(contract.config("true"))

    contract.service.remove_container(container)
    contract.service.remove_container(container)


def test_remove_container_that_is_absent_succeeds(contract: Bench) -> None:
    contract.service.remove_container("no-such-container")


def test_remove_container_kills_what_runs(contract: Bench) -> None:
    container = contract.start(contract.config("sleep", "1000"))

    contract.service.remove_container(container)

    with pytest.raises(errors.NotFound):
        contract.service.container_status(container)


def test_remove_container_leaves_the_log(contract: Bench) -> None:
    ended = contract.sh("echo kept")

    contract.service.remove_container(ended.id)

    assert b"kept" in Path(ended.status.log_path).read_bytes()


def test_a_removed_containers_name_is_free_again(contract: Bench) -> None:
    config = contract.config("true")
    contract.service.remove_container(contract.create(config))

    assert contract.create(config)
