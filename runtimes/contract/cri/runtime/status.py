"""Status."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtimes.contract.bench import Bench


def test_status_has_both_conditions_and_they_hold(contract: Bench) -> None:
    conditions = contract.service.status().status.conditions

    states = {condition.type: condition.status for condition in conditions}
    assert states.items() >= {"RuntimeReady": True, "NetworkReady": True}.items()


def test_status_has_info_only_when_verbose(contract: Bench) -> None:
    assert not contract.service.status().info
    assert contract.service.status(verbose=True).info
