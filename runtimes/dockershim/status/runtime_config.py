"""RuntimeConfig."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.dockershim.engine import Engine


def runtime_config(engine: Engine) -> cri.RuntimeConfigResponse:
    """Tell the Engine's cgroup driver.

    Raises:
        Unavailable: the Engine doesn't answer.
    Source: CRI RuntimeConfig.
    """
    driver = engine.facts.cgroup_driver()
    return cri.RuntimeConfigResponse(linux=cri.LinuxRuntimeConfiguration(cgroup_driver=driver))
