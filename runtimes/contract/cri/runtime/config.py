"""RuntimeConfig and UpdateRuntimeConfig."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.contract.requires import requires
from runtimes.core.capability import Capability
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.contract.bench import Bench


@requires(Capability.RUNTIME_CONFIG)
def test_runtime_config_tells_the_cgroup_driver_and_never_changes(contract: Bench) -> None:
    answer = contract.service.runtime_config()

    assert answer.linux.cgroup_driver in (cri.CGROUPFS, cri.SYSTEMD)
    assert contract.service.runtime_config() == answer


@requires(Capability.RUNTIME_UPDATE)
def test_update_runtime_config_takes_an_empty_pod_cidr_as_no_news(contract: Bench) -> None:
    contract.service.update_runtime_config(cri.RuntimeConfig())

    assert contract.service.status().status.conditions
