"""PodSandboxStatus.

Source: CRI PodSandboxStatus.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.rkt_stub.network import addresses, on_host
from runtimes.rkt_stub.program.list import find_pod

if TYPE_CHECKING:
    from runtimes.rkt_stub.program.shapes import Pod
    from runtimes.rkt_stub.shim.engine import ShimEngine
    from runtimes.rkt_stub.shim.record import SandboxRecord


def pod_sandbox_status(
    engine: ShimEngine, sandbox_id: str, *, verbose: bool
) -> cri.PodSandboxStatusResponse:
    """Tell one sandbox's state; `info` is filled only when `verbose`.

    Raises:
        NotFound: no such sandbox.
    Source: CRI PodSandboxStatus.
    """
    record = engine.sandboxes.load(engine.sandboxes.resolve(sandbox_id))
    uuid = engine.uuid(record.id)
    pod = find_pod(engine.rkt, uuid) if uuid else None
    answer = cri.PodSandboxStatusResponse(status=_status(record, pod))
    if verbose:
        answer.info["rkt"] = json.dumps(pod)
    return answer


def state(record: SandboxRecord, pod: Pod | None) -> cri.PodSandboxState.ValueType:
    """READY as long as rkt runs it and nobody asked it to stop."""
    runs = pod is not None and pod["state"] == "running" and not record.stopped
    return cri.SANDBOX_READY if runs else cri.SANDBOX_NOTREADY


def _status(record: SandboxRecord, pod: Pod | None) -> cri.PodSandboxStatus:
    config = record.config
    status = cri.PodSandboxStatus(
        id=record.id,
        metadata=config.metadata,
        state=state(record, pod),
        created_at=record.created_at_ns,
        labels=config.labels,
        annotations=config.annotations,
    )
    options = status.linux.namespaces.options
    options.CopyFrom(config.linux.security_context.namespace_options)
    options.pid = cri.POD
    if pod is not None and status.state == cri.SANDBOX_READY and not on_host(config):
        ips = addresses(pod.get("networks") or ())
        status.network.ip = ips[0] if ips else ""
        status.network.additional_ips.extend(cri.PodIP(ip=ip) for ip in ips[1:])
    return status
