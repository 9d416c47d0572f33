"""PodSandboxStatus."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors

if TYPE_CHECKING:
    from runtimes.contract.bench import Bench

MINUTE_NS = 60 * 10**9


def test_sandbox_status_repeats_what_it_was_given(contract: Bench) -> None:
    config = contract.sandbox_config()
    config.labels.update({"app": "web", "tier.example.org/x": "front end"})
    config.annotations.update({"note": '{"json": "ä"}'})
    sandbox = contract.new_sandbox(config)

    status = contract.service.pod_sandbox_status(sandbox.id).status

    assert status.id == sandbox.id
    assert status.metadata == config.metadata
    assert status.labels == config.labels
    assert status.annotations == config.annotations


def test_sandbox_status_tells_when_it_was_created(contract: Bench) -> None:
    sandbox = contract.new_sandbox().id

    status = contract.service.pod_sandbox_status(sandbox).status

    assert abs(time.time_ns() - status.created_at) < MINUTE_NS
    again = contract.service.pod_sandbox_status(sandbox).status
    assert again.created_at == status.created_at


def test_sandbox_status_has_info_only_when_verbose(contract: Bench) -> None:
    assert not contract.service.pod_sandbox_status(contract.sandbox.id).info
    assert contract.service.pod_sandbox_status(contract.sandbox.id, verbose=True).info


def test_sandbox_status_of_an_absent_one_is_not_found(contract: Bench) -> None:
    with pytest.raises(errors.NotFound):
        contract.service.pod_sandbox_status("no-such-sandbox")
