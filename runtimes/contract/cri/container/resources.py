"""Limits: what a container may use, and what happens when it wants more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.contract.requires import requires
from runtimes.core.capability import Capability

if TYPE_CHECKING:
    from runtimes.contract.bench import Bench
    from runtimes.core.cri.v1 import api_pb2 as cri

MIB = 1024 * 1024
KILLED = 137


def limited(config: cri.ContainerConfig) -> None:
    config.linux.resources.memory_limit_in_bytes = 32 * MIB


@requires(Capability.RESOURCES)
def test_a_container_that_uses_too_much_memory_is_oom_killed(contract: Bench) -> None:
    config = contract.config("dd", "if=/dev/zero", "of=/dev/null", "bs=128M", "count=1")
    limited(config)

    status = contract.finish(config).status

    assert (status.exit_code, status.reason) == (KILLED, "OOMKilled")


@requires(Capability.RESOURCES)
def test_a_container_within_its_limit_is_not_oom_killed(contract: Bench) -> None:
    status = contract.sh("exit 137", limited).status

    assert (status.exit_code, status.reason) == (KILLED, "Error")


@requires(Capability.RESOURCES)
def test_a_child_that_is_oom_killed_does_not_end_the_container_so(contract: Bench) -> None:
    script = "dd if=/dev/zero of=/dev/null bs=128M count=1; echo survived"

    ended = contract.sh(script, limited)

    assert "survived" in ended.log
    assert (ended.status.exit_code, ended.status.reason) == (0, "Completed")
