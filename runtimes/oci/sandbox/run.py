"""RunPodSandbox.

Source: CRI RunPodSandbox; kubernetes/kubernetes#86944 and containerd/containerd#5768 for the order:
the record is written before the network is attached, and the sandbox is READY only at the end.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cgroup import paths as cgroup_paths
from runtimes.core.cri import pod_config
from runtimes.oci.sandbox import files, namespaces, network, options, pause, recover, teardown
from runtimes.oci.sandbox.ready import inode
from runtimes.oci.state.record import NetworkState, SandboxPhase, SandboxRecord

if TYPE_CHECKING:
    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.oci.engine import Engine

log = logging.getLogger(__name__)


def run_pod_sandbox(engine: Engine, config: cri.PodSandboxConfig, runtime_handler: str = "") -> str:
    """Make a sandbox with its network; return its id once it is READY.

    Raises:
        InvalidArgument, AlreadyExists, ResourceExhausted: as in the CRI's contract.
    Source: CRI RunPodSandbox.
    """
    options.check(config, runtime_handler, handlers(engine))
    kinds = options.pinned_kinds(config)
    namespaces.check_sysctls(config.linux.sysctls, kinds)
    record = plan(engine, config, runtime_handler)
    recover.give_way(engine, record.unique_name)
    with engine.sandboxes.create(record), ExitStack() as undo:
        undo.callback(_undo, engine, record.id)
        ready = _build(engine, record, config)
        engine.sandboxes.save(ready)
        undo.pop_all()
    return record.id


def handlers(engine: Engine) -> dict[str, str]:
    """The runtime handlers by name: the default one, and the same under its runtime's name."""
    name = engine.runtime.name
    return {"": name, name: name}


def plan(engine: Engine, config: cri.PodSandboxConfig, handler: str) -> SandboxRecord:
    """The record that is written first; it presumes everything that may come to exist."""
    metadata = config.metadata
    sandbox_id = os.urandom(32).hex()
    own_network = not pod_config.uses_host_network(config)
    return SandboxRecord(
        id=sandbox_id,
        name=metadata.name,
        namespace=metadata.namespace,
        uid=metadata.uid,
        attempt=metadata.attempt,
        created_at_ns=time.time_ns(),
        boot_id=engine.boot_id,
        phase=SandboxPhase.CREATING,
        network=NetworkState.PENDING if own_network else NetworkState.HOST,
        config=config.SerializeToString(),
        runtime_handler=handler,
        cgroup_parent=cgroup_paths.pod_path(
            config.linux.cgroup_parent,
            sandbox_id,
            cgroup_paths.base(engine.cgroups, engine.facts.uid),
        ),
    )


def _build(engine: Engine, record: SandboxRecord, config: cri.PodSandboxConfig) -> SandboxRecord:
    kinds = options.pinned_kinds(config)
    pins = engine.paths.pins(record.id)
    pins.mkdir(mode=0o700)
    namespaces.create(pins, kinds, pod_config.hostname(config))
    record = _connect(engine, record, config)
    namespaces.apply_sysctls(pins, kinds, config.linux.sysctls)
    _write_files(engine, record, config)
    init = None
    if options.shares_pid_namespace(config):
        init = pause.start(engine, record, kinds)
    return replace(
        record,
        phase=SandboxPhase.READY,
        netns_inode=inode(pins / "net"),
        pause=init,
    )


def _connect(engine: Engine, record: SandboxRecord, config: cri.PodSandboxConfig) -> SandboxRecord:
    """Attach a network of its own; the disk has before that detach is due, so no address leaks.

    What a failed attach left, the network has on record itself; nothing else is due.
    """
    if record.network is NetworkState.HOST:
        return record
    attempted = replace(record, network=NetworkState.ATTEMPTED)
    engine.sandboxes.save(attempted)
    request = network.attach_request(record, config, engine.paths.pins(record.id) / "net")
    try:
        attached = engine.network.attach(request)
    except BaseException:
        engine.sandboxes.note(record)
        raise
    return replace(attempted, ips=attached.ips)


def _write_files(engine: Engine, record: SandboxRecord, config: cri.PodSandboxConfig) -> None:
    folder = engine.paths.sandbox(record.id)
    name = pod_config.hostname(config)
    if pod_config.uses_host_network(config):
        name = socket.gethostname()
    (folder / files.RESOLV_CONF).write_text(files.resolv_conf(config.dns_config))
    (folder / files.HOSTS).write_text(files.hosts(name, record.ips))
    (folder / files.HOSTNAME).write_text(f"{name}\n")
    for file in (files.RESOLV_CONF, files.HOSTS, files.HOSTNAME):
        (folder / file).chmod(0o644)
    if "ipc" in options.pinned_kinds(config):
        files.mount_shm(engine.paths.shm(record.id), engine.options.shm_bytes)


def _undo(engine: Engine, sandbox_id: str) -> None:
    """Undo a run that failed; what can't be undone now stays on record, to be undone later."""
    try:
        teardown.destroy(engine, engine.sandboxes.load(sandbox_id))
    except (errors.Error, OSError) as error:
        log.warning("undo of a failed sandbox is put off sandbox=%s: %s", sandbox_id, error)
