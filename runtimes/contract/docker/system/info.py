"""Info."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtimes.contract.docker.bench import DockerBench


def test_info_tells_how_the_engine_is_set_up(contract_docker: DockerBench) -> None:
    info = contract_docker.docker.info()

    assert info["Driver"]
    assert info["DockerRootDir"].startswith("/")
    assert info["NCPU"] > 0
    assert info["MemTotal"] > 0
    assert info.get("CgroupDriver", "cgroupfs") in ("cgroupfs", "systemd", "none")
