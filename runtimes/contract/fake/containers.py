"""The container RPCs of the fake."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from runtimes.contract.fake import images
from runtimes.contract.fake.launch import Launch
from runtimes.contract.fake.records import ContainerRecord
from runtimes.contract.fake.shell.machine import Buffer, Input, Io
from runtimes.core import deadline, errors
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtimes.contract.fake.world import World

FOREVER = 10.0**9
KILL_PATIENCE = 5.0
CANNOT_START = 128


def create(world: World, pod_sandbox_id: str, config: cri.ContainerConfig) -> str:
    sandbox = world.sandbox(pod_sandbox_id)
    metadata = config.metadata
    if not metadata.name:
        raise errors.InvalidArgument("create container: metadata needs a name")
    if not sandbox.ready:
        raise errors.FailedPrecondition(
            f"create container '{metadata.name}': sandbox '{sandbox.id}' isn't ready"
        )
    stored = images.find(world.images, config.image.image)
    if stored is None:
        raise errors.ImageNotFound(
            f"create container '{metadata.name}': image '{config.image.image}' isn't here; pull it"
        )
    twin = next((one for one in world.containers.values() if _same(one, sandbox.id, config)), None)
    if twin is not None:
        raise errors.AlreadyExists(
            f"create container '{metadata.name}': '{twin.id}' has its name and attempt; remove it"
        )
    mine = cri.ContainerConfig()
    mine.CopyFrom(config)
    record = ContainerRecord(
        world.ids(), sandbox.id, mine, stored.id, stored.image, world.clock.now_ns()
    )
    Launch(record, sandbox, stored.image, world.programs).identity()
    world.containers[record.id] = record
    world.emit(cri.CONTAINER_CREATED_EVENT, record.id)
    return record.id


def start(world: World, container_id: str) -> None:
    record = world.container(container_id)
    if record.state != cri.CONTAINER_CREATED:
        raise errors.FailedPrecondition(
            f"start container '{container_id}': it is "
            f"{cri.ContainerState.Name(record.state)}, not CONTAINER_CREATED"
        )
    record.started_ns = world.clock.now_ns()
    log = world.log(record)
    if log is not None:
        log.write("stdout", b"", record.started_ns)
    try:
        world.process(record)
    except errors.InvalidArgument as error:
        record.finished_ns, record.exit_code = record.started_ns, CANNOT_START
        record.reason, record.message = "StartError", str(error)
        raise
    world.emit(cri.CONTAINER_STARTED_EVENT, container_id)
    world.advance()


def stop(world: World, container_id: str, timeout: int) -> None:
    """Blocks without the lock; of several stops at once only the first sends the stop signal."""
    with world.entered():
        record = world.containers.get(container_id)
        if record is None or not record.running:
            return
        number = _stop_signal(record)
        if timeout > 0 and number not in {sent for _, sent in record.signals}:
            world.signal(record, number)
    if timeout > 0 and world.wait_until(lambda: not record.running, timeout):
        return
    with world.entered():
        if record.running:
            world.signal(record, signal.SIGKILL)
    world.wait_until(lambda: not record.running, KILL_PATIENCE)


def remove(world: World, container_id: str) -> None:
    record = world.containers.get(container_id)
    if record is None:
        return
    if record.running:
        world.signal(record, signal.SIGKILL)
    world.emit(cri.CONTAINER_DELETED_EVENT, container_id)
    del world.containers[container_id]
    world.processes.pop(container_id, None)


def listing(world: World, filter: cri.ContainerFilter | None) -> list[cri.Container]:
    wanted = filter or cri.ContainerFilter()
    return [_item(record) for record in world.containers.values() if _matches(record, wanted)]


def status(world: World, container_id: str, *, verbose: bool) -> cri.ContainerStatusResponse:
    record = world.container(container_id)
    info = {"info": f'{{"signals": {len(record.signals)}}}'} if verbose else {}
    return cri.ContainerStatusResponse(status=describe(world, record), info=info)


def describe(world: World, record: ContainerRecord) -> cri.ContainerStatus:
    config = record.config
    launch = world.launch(record)
    who = launch.identity()
    user = cri.LinuxContainerUser(uid=who.uid, gid=who.gid, supplemental_groups=who.groups)
    return cri.ContainerStatus(
        id=record.id,
        metadata=config.metadata,
        state=record.state,
        created_at=record.created_ns,
        started_at=record.started_ns,
        finished_at=record.finished_ns,
        exit_code=record.exit_code,
        image=config.image,
        image_ref=record.image_id,
        image_id=record.image_id,
        reason=record.reason,
        message=record.message,
        labels=config.labels,
        annotations=config.annotations,
        mounts=config.mounts,
        log_path=str(launch.log_path or ""),
        resources=cri.ContainerResources(linux=config.linux.resources),
        user=cri.ContainerUser(linux=user),
        stop_signal=config.stop_signal,
    )


def update(world: World, container_id: str, linux: cri.LinuxContainerResources) -> None:
    record = world.container(container_id)
    if linux.cpu_period < 0 or linux.cpu_shares < 0:
        raise errors.InvalidArgument(f"update container '{container_id}': negative CPU values")
    record.config.linux.resources.MergeFrom(linux)


def reopen_log(world: World, container_id: str) -> None:
    record = world.container(container_id)
    if not record.running:
        raise errors.FailedPrecondition(f"reopen log of '{container_id}': it isn't running")
    log = world.log(record)
    if log is not None:
        log.reopen()


def exec_sync(
    world: World, container_id: str, cmd: Sequence[str], timeout: int
) -> cri.ExecSyncResponse:
    """Blocks without the lock."""
    out, err = Buffer(), Buffer()
    with world.entered():
        record = world.container(container_id)
        if not cmd:
            raise errors.InvalidArgument(f"exec in container '{container_id}': empty command")
        if not record.running:
            raise errors.FailedPrecondition(f"exec in container '{container_id}': it isn't running")
        launch = world.launch(record)
        machine = launch.machine(world.clock.now_ns())
        process = launch.exec_process(tuple(cmd), Io(Input(), out, err), machine)
        world.execs.append(process)
    try:
        patience = deadline.remaining(timeout or FOREVER)
        done = world.wait_until(
            lambda: process.ending is not None or not record.running, patience or 0.0
        )
    finally:
        with world.entered():
            world.execs.remove(process)
    if not done:
        raise errors.DeadlineExceeded(
            f"exec in container '{container_id}': {cmd[0]!r} took over {patience} s and was killed"
        )
    exit_code = process.ending.exit_code if process.ending else 128 + signal.SIGKILL
    return cri.ExecSyncResponse(stdout=bytes(out.data), stderr=bytes(err.data), exit_code=exit_code)


def _item(record: ContainerRecord) -> cri.Container:
    return cri.Container(
        id=record.id,
        pod_sandbox_id=record.sandbox_id,
        metadata=record.config.metadata,
        image=record.config.image,
        image_ref=record.image_id,
        image_id=record.image_id,
        state=record.state,
        created_at=record.created_ns,
        labels=record.config.labels,
        annotations=record.config.annotations,
    )


def _matches(record: ContainerRecord, wanted: cri.ContainerFilter) -> bool:
    if wanted.HasField("state") and wanted.state.state != record.state:
        return False
    labels = record.config.labels
    return (
        record.id.startswith(wanted.id)
        and record.sandbox_id.startswith(wanted.pod_sandbox_id)
        and all(labels.get(name) == value for name, value in wanted.label_selector.items())
    )


def _same(record: ContainerRecord, sandbox_id: str, config: cri.ContainerConfig) -> bool:
    return record.sandbox_id == sandbox_id and record.config.metadata == config.metadata


def _stop_signal(record: ContainerRecord) -> int:
    asked = record.config.stop_signal
    name = cri.Signal.Name(asked).removeprefix("SIGNAL_") if asked else record.image.stop_signal
    known = signal.Signals.__members__.get(name)
    return int(known) if known is not None else int(signal.SIGTERM)
