"""The sandbox RPCs of the fake."""

from __future__ import annotations

import signal
from ipaddress import ip_network
from typing import TYPE_CHECKING

from runtimes.contract.fake import containers
from runtimes.contract.fake.records import ContainerRecord, SandboxRecord
from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.contract.fake.world import World

HANDLERS = ("",)


def run(world: World, config: cri.PodSandboxConfig, runtime_handler: str) -> str:
    metadata = config.metadata
    if not (metadata.name and metadata.namespace and metadata.uid):
        raise errors.InvalidArgument("run sandbox: metadata needs a name, a namespace and a uid")
    if runtime_handler not in HANDLERS:
        raise errors.InvalidArgument(
            f"run sandbox '{metadata.name}': no runtime handler {runtime_handler!r}; "
            "the fake has only the default"
        )
    record = SandboxRecord(world.ids(), _copy(config), runtime_handler, world.clock.now_ns())
    twin = next((one for one in world.sandboxes.values() if one.key == record.key), None)
    if twin is not None:
        raise errors.AlreadyExists(
            f"run sandbox '{metadata.name}': '{twin.id}' has its name, uid and attempt; remove it"
        )
    if not _on_host_network(record):
        record.ips = (_next_address(world),)
    world.sandboxes[record.id] = record
    world.emit(cri.CONTAINER_CREATED_EVENT, record.id)
    world.emit(cri.CONTAINER_STARTED_EVENT, record.id)
    return record.id


def stop(world: World, pod_sandbox_id: str) -> None:
    record = world.sandboxes.get(pod_sandbox_id)
    if record is None:
        return
    for container in _containers(world, record):
        if container.running:
            world.signal(container, signal.SIGKILL)
    if record.ready:
        record.ready, record.ips = False, ()
        world.emit(cri.CONTAINER_STOPPED_EVENT, record.id)


def remove(world: World, pod_sandbox_id: str) -> None:
    record = world.sandboxes.get(pod_sandbox_id)
    if record is None:
        return
    stop(world, pod_sandbox_id)
    for container in _containers(world, record):
        containers.remove(world, container.id)
    world.emit(cri.CONTAINER_DELETED_EVENT, record.id)
    del world.sandboxes[pod_sandbox_id]


def status(world: World, pod_sandbox_id: str, *, verbose: bool) -> cri.PodSandboxStatusResponse:
    record = world.sandbox(pod_sandbox_id)
    return cri.PodSandboxStatusResponse(
        status=describe(record),
        info={"info": f'{{"addresses": {len(record.ips)}}}'} if verbose else {},
        containers_statuses=[containers.describe(world, one) for one in _containers(world, record)],
        timestamp=world.clock.now_ns(),
    )


def describe(record: SandboxRecord) -> cri.PodSandboxStatus:
    options = record.config.linux.security_context.namespace_options
    answer = cri.PodSandboxStatus(
        id=record.id,
        metadata=record.config.metadata,
        state=_state(record),
        created_at=record.created_ns,
        network=cri.PodSandboxNetworkStatus(ip=record.ips[0] if record.ips else ""),
        linux=cri.LinuxPodSandboxStatus(namespaces=cri.Namespace(options=options)),
        labels=record.config.labels,
        annotations=record.config.annotations,
        runtime_handler=record.handler,
    )
    answer.network.additional_ips.extend(cri.PodIP(ip=ip) for ip in record.ips[1:])
    return answer


def listing(world: World, filter: cri.PodSandboxFilter | None) -> list[cri.PodSandbox]:
    wanted = filter or cri.PodSandboxFilter()
    return [_item(record) for record in world.sandboxes.values() if _matches(record, wanted)]


def update(
    world: World, pod_sandbox_id: str, resources: cri.LinuxContainerResources | None
) -> None:
    record = world.sandbox(pod_sandbox_id)
    if resources is not None:
        record.config.linux.resources.MergeFrom(resources)


def _item(record: SandboxRecord) -> cri.PodSandbox:
    return cri.PodSandbox(
        id=record.id,
        metadata=record.config.metadata,
        state=_state(record),
        created_at=record.created_ns,
        labels=record.config.labels,
        annotations=record.config.annotations,
        runtime_handler=record.handler,
    )


def _matches(record: SandboxRecord, wanted: cri.PodSandboxFilter) -> bool:
    if wanted.HasField("state") and wanted.state.state != _state(record):
        return False
    labels = record.config.labels
    return record.id.startswith(wanted.id) and all(
        labels.get(name) == value for name, value in wanted.label_selector.items()
    )


def _state(record: SandboxRecord) -> cri.PodSandboxState.ValueType:
    return cri.SANDBOX_READY if record.ready else cri.SANDBOX_NOTREADY


def _containers(world: World, record: SandboxRecord) -> list[ContainerRecord]:
    return [one for one in world.containers.values() if one.sandbox_id == record.id]


def _on_host_network(record: SandboxRecord) -> bool:
    return record.config.linux.security_context.namespace_options.network == cri.NODE


def _next_address(world: World) -> str:
    network = ip_network(world.pod_cidr)
    world.addresses += 1
    return str(network[1 + (world.addresses - 1) % (network.num_addresses - 2)])


def _copy(config: cri.PodSandboxConfig) -> cri.PodSandboxConfig:
    mine = cri.PodSandboxConfig()
    mine.CopyFrom(config)
    return mine
