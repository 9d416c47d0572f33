"""RunPodSandbox: `rkt app sandbox`, kept by a launcher.

Source: CRI RunPodSandbox; rktlet rktlet/runtime/sandbox.go.
"""

from __future__ import annotations

import secrets
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import deadline, errors
from runtimes.rkt_stub import security
from runtimes.rkt_stub.launch.unit import Unit, complaint, ended
from runtimes.rkt_stub.network import pod_network
from runtimes.rkt_stub.program.app.sandbox import Port, Sandbox
from runtimes.rkt_stub.program.status import wait_ready
from runtimes.rkt_stub.sandbox.teardown import erase
from runtimes.rkt_stub.shim.record import SandboxRecord

if TYPE_CHECKING:
    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.rkt_stub.shim.engine import ShimEngine

READY_SECONDS = 120.0
OWNER = "runtimes.rktshim/sandbox"
_PAUSE = 0.01


def run_pod_sandbox(engine: ShimEngine, config: cri.PodSandboxConfig, handler: str) -> str:
    """Start an empty pod and return its id once it is READY.

    On failure nothing is left, or a record of what is, which is never READY and can be removed.

    Raises:
        InvalidArgument: no metadata, or a runtime handler: rkt has none.
        AlreadyExists: a sandbox of that name, namespace, uid and attempt exists.
        Unimplemented: it asks for what rkt has no words for.
    Source: CRI RunPodSandbox.
    """
    _check(config, handler)
    record = _record(config)
    with engine.sandboxes.create(record), ExitStack() as undo:
        undo.callback(erase, engine, record)
        engine.launcher.start(_unit(engine, record))
        uuid = _wait_for_uuid(engine, record)
        _wait_ready(engine, record, uuid)
        undo.pop_all()
    return record.id


def _check(config: cri.PodSandboxConfig, handler: str) -> None:
    if handler:
        raise errors.InvalidArgument(f"run a pod by handler '{handler}': rkt has no handlers")
    if not (config.metadata.name and config.metadata.uid):
        raise errors.InvalidArgument("run a pod: its config needs metadata with name and uid")
    security.check_pod(config)
    _ports(config)


def _record(config: cri.PodSandboxConfig) -> SandboxRecord:
    meta = config.metadata
    return SandboxRecord(
        id=secrets.token_hex(32),
        name=meta.name,
        namespace=meta.namespace,
        uid=meta.uid,
        attempt=meta.attempt,
        created_at_ns=time.time_ns(),
        config_bytes=config.SerializeToString(),
    )


def _unit(engine: ShimEngine, record: SandboxRecord) -> Unit:
    config, folder, logs = record.config, engine.folder(record.id), engine.logs(record.id)
    logs.mkdir(mode=0o755, parents=True, exist_ok=True)
    if config.log_directory:
        Path(config.log_directory).mkdir(mode=0o755, parents=True, exist_ok=True)
    sandbox = Sandbox(
        uuid_file=folder / "uuid",
        network=pod_network(config, engine.net),
        logs=logs,
        ports=_ports(config),
        notes={OWNER: record.id},
    )
    insecure = ("all-run",) if config.linux.security_context.privileged else ()
    return Unit(
        name=f"rktshim-{record.id[:16]}",
        folder=folder,
        argv=tuple(engine.rkt.argv(*sandbox.words(), insecure=insecure)),
        environment=engine.rkt.environment(),
        follow=logs,
    )


def _ports(config: cri.PodSandboxConfig) -> tuple[Port, ...]:
    mapped = [port for port in config.port_mappings if port.host_port]
    others = [port for port in mapped if port.protocol not in security.PROTOCOLS]
    if others:
        raise errors.Unimplemented(
            f"map port {others[0].container_port}: rkt maps tcp and udp only"
        )
    return tuple(
        Port(
            protocol=security.PROTOCOLS[port.protocol],
            pod_port=port.container_port,
            host_port=port.host_port,
            host_ip=port.host_ip,
        )
        for port in mapped
    )


def _wait_for_uuid(engine: ShimEngine, record: SandboxRecord) -> str:
    until = time.monotonic() + (deadline.remaining(READY_SECONDS) or 0)
    while not (uuid := engine.uuid(record.id)):
        _fail_if_ended(engine, record)
        if time.monotonic() > until:
            raise errors.DeadlineExceeded(f"run pod '{record.name}': rkt gave it no UUID in time")
        time.sleep(_PAUSE)
    return uuid


def _wait_ready(engine: ShimEngine, record: SandboxRecord, uuid: str) -> None:
    until = time.monotonic() + (deadline.remaining(READY_SECONDS) or 0)
    while not wait_ready(engine.rkt, uuid, 2.0):
        _fail_if_ended(engine, record)
        if time.monotonic() > until:
            raise errors.DeadlineExceeded(f"run pod '{record.name}': rkt pod {uuid} isn't ready")


def _fail_if_ended(engine: ShimEngine, record: SandboxRecord) -> None:
    folder = engine.folder(record.id)
    if ended(folder) is not None:
        why = complaint(folder) or "no reason given"
        raise errors.Internal(f"run pod '{record.name}': rkt ended at once: {why}")
