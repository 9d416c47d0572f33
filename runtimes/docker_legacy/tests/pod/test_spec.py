"""What the Engine is told of a pod's container, where dockershim would do more itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtimes.core import errors
from runtimes.core.cgroup.layout import Layout, Version
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.docker.facts import EngineHost
from runtimes.core.host.clamp import HostGrants
from runtimes.docker_legacy.pod.spec import Joined, container

HOST = EngineHost(
    api=(1, 41),
    security_options=(),
    grants=HostGrants(0, frozenset()),
    cgroups=Layout(Version.V2, {}, Path("/"), frozenset({"hugetlb"}), {}),
)
INFRA = Joined("infra", cri.PodSandboxConfig(), HOST)


def test_limits_that_only_the_cgroup_can_hold_are_refused_and_not_forgotten() -> None:
    config = cri.ContainerConfig()
    container(config, INFRA, {}, "0")
    config.linux.resources.hugepage_limits.add(page_size="2MB", limit=2 << 20)

    with pytest.raises(errors.Unimplemented, match="huge pages"):
        container(config, INFRA, {}, "0")


def test_the_engine_is_told_how_to_stop_a_container_and_whose_health_is_not_its_own() -> None:
    config = cri.ContainerConfig(stop_signal=cri.SIGNAL_SIGUSR1)

    told = container(config, INFRA, {"note": "x"}, "0")

    assert told.config["StopSignal"] == "SIGUSR1"
    assert told.config["Healthcheck"] == {"Test": ["NONE"]}
    assert told.config["Labels"] == {"note": "x"}
    assert told.host_config["LogConfig"]["Type"] == "json-file"
