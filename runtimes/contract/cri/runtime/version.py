"""Version."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtimes.contract.bench import Bench


def test_version_names_the_runtime_and_its_api(contract: Bench) -> None:
    answer = contract.service.version("0.1.0")

    assert answer.version == "0.1.0"
    assert answer.runtime_name
    assert answer.runtime_version
    assert answer.runtime_api_version in ("v1", "v1alpha2")


def test_version_is_the_same_each_time(contract: Bench) -> None:
    assert contract.service.version() == contract.service.version()
