"""RunPodSandbox.

Source: CRI RunPodSandbox; kubernetes/kubernetes#86944, #76935 for the order: each step is on
record before it is taken, and the sandbox is READY only at the end.
"""

from __future__ import annotations

import logging
import secrets
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from runtimes.core import errors, netns
from runtimes.core.cri import pod_config
from runtimes.core.host.clamp import host_grants
from runtimes.dockershim import naming, networks
from runtimes.dockershim.sandbox import create, files, image, network, options, recover, teardown
from runtimes.dockershim.sandbox.config import SandboxRequest, create_options
from runtimes.dockershim.sandbox.ready import inode, netns_of
from runtimes.dockershim.state import checkpoint
from runtimes.dockershim.state.record import NetworkState, SandboxPhase, SandboxRecord

if TYPE_CHECKING:
    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.core.docker.types import ContainerInspect
    from runtimes.dockershim.engine import Engine

log = logging.getLogger(__name__)


def run_pod_sandbox(engine: Engine, config: cri.PodSandboxConfig, runtime_handler: str = "") -> str:
    """Make a sandbox with its network; return its id once it is READY.

    Raises:
        InvalidArgument, AlreadyExists, ResourceExhausted: as in the CRI's contract.
        Unavailable: the Engine, or the registry of the pause image, doesn't answer.
    Source: CRI RunPodSandbox.
    """
    options.check(config, runtime_handler, engine.facts.handlers())
    record = plan(engine, config, runtime_handler)
    recover.give_way(engine, record.unique_name)
    with engine.sandboxes.create(record), ExitStack() as undo:
        undo.callback(_undo, engine, record.id)
        record = _create(engine, record, config)
        record = _start(engine, record)
        record = _connect(engine, record, config)
        engine.sandboxes.save(replace(record, phase=SandboxPhase.READY))
        undo.pop_all()
    return record.sandbox_id


def plan(engine: Engine, config: cri.PodSandboxConfig, handler: str) -> SandboxRecord:
    """The record that is written first."""
    metadata = config.metadata
    chosen = engine.networks.chosen
    if pod_config.uses_host_network(config):
        state = NetworkState.HOST
    else:
        state = NetworkState.ENGINE if chosen == networks.DOCKER else NetworkState.PENDING
    return SandboxRecord(
        id=secrets.token_hex(16),
        name=metadata.name,
        namespace=metadata.namespace,
        uid=metadata.uid,
        attempt=metadata.attempt,
        created_at_ns=engine.clock(),
        boot_id=engine.boot_id,
        phase=SandboxPhase.CREATING,
        network=state,
        network_name=chosen if state is NetworkState.PENDING else "",
        config=config.SerializeToString(),
        docker_name=naming.of_sandbox(metadata),
        runtime_handler=handler,
    )


def _create(engine: Engine, record: SandboxRecord, config: cri.PodSandboxConfig) -> SandboxRecord:
    files.write(engine.paths.sandbox(record.id), config)
    request = SandboxRequest(
        config=config,
        name=record.docker_name,
        image=image.ensure(engine),
        network=record.network_name or networks.DOCKER,
        handler=record.runtime_handler,
        cgroup_driver=engine.facts.cgroup_driver(),
        shm_bytes=engine.options.shm_bytes,
        grants=host_grants(),
        files=files.mounts(engine.paths, record.id),
    )
    sandbox_id = create.create(engine, create_options(request))
    record = replace(record, phase=SandboxPhase.CREATED, sandbox_id=sandbox_id)
    engine.sandboxes.save(record, durable=False)
    kept = checkpoint.of_config(config, host_network=record.network is NetworkState.HOST)
    checkpoint.save(engine.paths.checkpoints, sandbox_id, kept)
    return record


def _start(engine: Engine, record: SandboxRecord) -> SandboxRecord:
    """Start the pause process and see which it is."""
    try:
        engine.docker.start_container(record.sandbox_id)
    finally:
        engine.cache.changed(record.sandbox_id)
    inspected = engine.docker.inspect_container(record.sandbox_id)
    pause = engine.processes.find(record.sandbox_id, inspected["State"]["Pid"])
    own = record.network is NetworkState.PENDING
    if own and pause is None:
        raise errors.FailedPrecondition(
            f"run pod sandbox '{record.name}': its pause process ended at once, or can't be seen "
            "from here, so it gets no network; is the Engine on another host? use network=docker"
        )
    record = replace(
        record,
        phase=SandboxPhase.STARTED,
        network=NetworkState.ATTEMPTED if own else record.network,
        pause=pause,
        netns_inode=0 if pause is None else inode(netns_of(pause.pid)),
        ips=engine_ips(inspected) if record.network is NetworkState.ENGINE else (),
    )
    engine.sandboxes.save(record, durable=own)
    return record


def engine_ips(inspected: ContainerInspect) -> tuple[str, ...]:
    """The addresses that Docker's own network gave, IPv4 first. Pure."""
    settings = inspected["NetworkSettings"]
    found = (settings.get("IPAddress"), settings.get("GlobalIPv6Address"))
    return tuple(ip for ip in found if ip)


def _connect(engine: Engine, record: SandboxRecord, config: cri.PodSandboxConfig) -> SandboxRecord:
    """Attach a network of ours; the hosts file then knows the pod's addresses.

    What a failed attach left, the network has on record itself; nothing else is due.
    """
    if record.network is NetworkState.ATTEMPTED and record.pause is not None:
        pin = engine.paths.netns(record.id)
        request = network.attach_request(record, config, pin)
        try:
            netns.pin(netns_of(record.pause.pid), pin)
            attached = engine.networks.of(record.network_name).attach(request)
        except BaseException:
            engine.sandboxes.note(replace(record, network=NetworkState.PENDING))
            raise
        record = replace(record, ips=attached.ips)
    if record.ips:
        files.write(engine.paths.sandbox(record.id), config, record.ips)
    return record


def _undo(engine: Engine, key: str) -> None:
    """Undo a run that failed; what can't be undone now stays on record, to be undone later."""
    try:
        teardown.destroy(engine, engine.sandboxes.load(key))
    except (errors.Error, OSError) as error:
        log.warning("undo of a failed sandbox is put off sandbox=%s: %s", key, error)
