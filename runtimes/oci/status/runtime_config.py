"""RuntimeConfig."""

from __future__ import annotations

from runtimes.core.cri.v1 import api_pb2 as cri


def runtime_config() -> cri.RuntimeConfigResponse:
    """Tell the cgroup driver: always cgroupfs, as no systemd is asked for anything.

    Source: CRI RuntimeConfig.
    """
    return cri.RuntimeConfigResponse(
        linux=cri.LinuxRuntimeConfiguration(cgroup_driver=cri.CGROUPFS)
    )
