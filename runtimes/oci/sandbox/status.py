"""PodSandboxStatus. It reads records and never waits for a lock or the network."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from runtimes.core.cri import pod_config
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.container import status as container_status
from runtimes.oci.sandbox import ready

if TYPE_CHECKING:
    from runtimes.oci.engine import Engine
    from runtimes.oci.state.record import SandboxRecord


def pod_sandbox_status(
    engine: Engine, pod_sandbox_id: str, *, verbose: bool = False
) -> cri.PodSandboxStatusResponse:
    """Tell one sandbox's state, and its containers', none of them older than the timestamp.

    Raises:
        NotFound: no such sandbox.
    Source: CRI PodSandboxStatus; kubelet, which follows events, asks for no containers beside.
    """
    now = time.time_ns()
    record = engine.sandboxes.load(engine.sandboxes.resolve(pod_sandbox_id))
    return cri.PodSandboxStatusResponse(
        status=describe(engine, record),
        info=_info(engine, record) if verbose else None,
        containers_statuses=[
            container_status.describe(engine, container)
            for container in engine.containers_of(record.id)
            if container_status.is_visible(container)
        ],
        timestamp=now,
    )


def describe(engine: Engine, record: SandboxRecord) -> cri.PodSandboxStatus:
    """The status message; addresses are told as long as the pod holds them."""
    config = cri.PodSandboxConfig.FromString(record.config)
    holds = ready.is_ready(engine, record)
    ips = record.ips if holds else ()
    modes = cri.NamespaceOption()
    modes.CopyFrom(pod_config.namespace_options(config))
    return cri.PodSandboxStatus(
        id=record.id,
        metadata=config.metadata,
        state=cri.SANDBOX_READY if holds else cri.SANDBOX_NOTREADY,
        created_at=record.created_at_ns,
        network=cri.PodSandboxNetworkStatus(
            ip=ips[0] if ips else "", additional_ips=[cri.PodIP(ip=ip) for ip in ips[1:]]
        ),
        linux=cri.LinuxPodSandboxStatus(namespaces=cri.Namespace(options=modes)),
        labels=config.labels,
        annotations=config.annotations,
        runtime_handler=record.runtime_handler,
    )


def _info(engine: Engine, record: SandboxRecord) -> dict[str, str]:
    facts = {
        "phase": record.phase,
        "network": record.network,
        "cgroup": record.cgroup_parent,
        "netns": str(engine.paths.pin(record.id, "net")) if record.netns_inode else "",
        "pid": record.pause.pid if record.pause else 0,
    }
    return {"info": json.dumps(facts)}
