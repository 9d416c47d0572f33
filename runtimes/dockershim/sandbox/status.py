"""PodSandboxStatus. It never waits for a lock or the pod's network.

Source: kubernetes/kubernetes#107749.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri import pod_config
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.dockershim import labels
from runtimes.dockershim.container import find as find_container
from runtimes.dockershim.container import status as container_status
from runtimes.dockershim.sandbox import find, ready
from runtimes.dockershim.sandbox.list import line

if TYPE_CHECKING:
    from runtimes.dockershim.engine import Engine


def pod_sandbox_status(
    engine: Engine, pod_sandbox_id: str, *, verbose: bool = False
) -> cri.PodSandboxStatusResponse:
    """Tell one sandbox's state, and its containers', none of them older than the timestamp.

    While the Engine doesn't answer, containers and timestamp are left out, and the rest is told.

    Raises:
        NotFound: no such sandbox.
    Source: CRI PodSandboxStatus; kubelet, which follows events, asks for no containers beside.
    """
    now = engine.clock()
    found = find.one(engine, pod_sandbox_id)
    answer = cri.PodSandboxStatusResponse(
        status=describe(engine, found), info=_info(engine, found) if verbose else None
    )
    with suppress(errors.Unavailable, errors.DeadlineExceeded):
        answer.containers_statuses.extend(containers_of(engine, found.id))
        answer.timestamp = now
    return answer


def describe(engine: Engine, found: find.Found) -> cri.PodSandboxStatus:
    """The status message; addresses are told as long as the pod holds them."""
    item = line(engine, found)
    if item is None:
        raise errors.NotFound(f"sandbox '{found.id}' is no longer there; list them anew")
    holds = item.state == cri.SANDBOX_READY
    ips = found.record.ips if found.record is not None and holds else ()
    return cri.PodSandboxStatus(
        id=item.id,
        metadata=item.metadata,
        state=item.state,
        created_at=item.created_at,
        network=cri.PodSandboxNetworkStatus(
            ip=ips[0] if ips else "", additional_ips=[cri.PodIP(ip=ip) for ip in ips[1:]]
        ),
        linux=cri.LinuxPodSandboxStatus(namespaces=cri.Namespace(options=_modes(found))),
        labels=item.labels,
        annotations=item.annotations,
        runtime_handler=item.runtime_handler,
    )


def containers_of(engine: Engine, sandbox_id: str) -> list[cri.ContainerStatus]:
    """The status of each of a sandbox's containers, newest first."""
    found = []
    for summary in engine.cache.containers():
        if labels.sandbox_of(summary["Labels"]) == sandbox_id:
            with suppress(errors.NotFound):  # Removed since it was listed.
                inspected = find_container.described(engine, summary["Id"])
                found.append(container_status.describe(inspected, engine.paths.root))
    return found


def _modes(found: find.Found) -> cri.NamespaceOption:
    if found.record is None:
        return cri.NamespaceOption(pid=cri.CONTAINER)
    config = cri.PodSandboxConfig.FromString(found.record.config)
    return pod_config.namespace_options(config)


def _info(engine: Engine, found: find.Found) -> dict[str, str]:
    from google.protobuf.json_format import MessageToDict

    record = found.record
    if record is None:
        return {"info": json.dumps({"phase": "unknown"})}
    pause = record.pause
    linux = cri.PodSandboxConfig.FromString(record.config).linux
    facts = {
        "phase": record.phase,
        "network": record.network_name or record.network,
        "networkState": record.network,
        "dockerName": record.docker_name,
        "files": str(engine.paths.sandbox(record.id)),
        "pid": pause.pid if pause else 0,
        "netns": str(ready.netns_of(pause.pid)) if pause else "",
        "overhead": MessageToDict(linux.overhead, preserving_proto_field_name=True),
        "resources": MessageToDict(linux.resources, preserving_proto_field_name=True),
    }
    return {"info": json.dumps(facts)}
