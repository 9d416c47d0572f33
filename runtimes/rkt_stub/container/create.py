"""CreateContainer: `rkt app add`.

Source: CRI CreateContainer; rktlet rktlet/runtime/app.go, whose names of apps could collide.
"""

from __future__ import annotations

import secrets
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.rkt_stub import security
from runtimes.rkt_stub.command import command
from runtimes.rkt_stub.container import observe, teardown
from runtimes.rkt_stub.launch.follow import RAW, TARGET
from runtimes.rkt_stub.names import ac_name
from runtimes.rkt_stub.program.app.add import Bind, NewApp, add
from runtimes.rkt_stub.program.list import find_pod
from runtimes.rkt_stub.shim.record import ContainerRecord, SandboxRecord

if TYPE_CHECKING:
    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.rkt_stub.images.store import StoredImage
    from runtimes.rkt_stub.program.rkt import Answer
    from runtimes.rkt_stub.shim.engine import ShimEngine

_UNSAID = "0"
"""The group that rkt gives an image of a registry which names a user alone."""


def create_container(engine: ShimEngine, sandbox_id: str, config: cri.ContainerConfig) -> str:
    """Add an app to a READY sandbox; nothing of it runs yet.

    Raises:
        NotFound: no such sandbox.
        ImageNotFound: the image isn't here; pull it first.
        AlreadyExists: the sandbox has a container of that name and attempt.
        InvalidArgument: no name, no command, or a user that the image doesn't know.
        FailedPrecondition: the sandbox isn't READY.
        Unimplemented: it asks for what rkt has no words for.
    Source: CRI CreateContainer.
    """
    name = config.metadata.name
    if not name:
        raise errors.InvalidArgument("create a container: its config needs a name")
    security.check(name, config)
    with engine.sandboxes.lock(sandbox_id, shared=True) as sandbox:
        if sandbox.stopped:
            raise errors.FailedPrecondition(f"create container '{name}': its sandbox is stopped")
        image = _image(engine, config)
        record = _record(sandbox, config, image)
        app = _app(engine, record, config, image)
        _give_way(engine, record)
        with engine.containers.create(record):
            _add(engine, record, app)
    return record.id


def _give_way(engine: ShimEngine, record: ContainerRecord) -> None:
    """Who has the name may be what an interrupted creation left."""
    owner = engine.containers.owner(record.unique_name)
    if owner is not None:
        with suppress(errors.NotFound, errors.DataLoss):
            observe.observe(engine, engine.containers.load(owner))


def _image(engine: ShimEngine, config: cri.ContainerConfig) -> StoredImage:
    found = engine.images.find(config.image.image)
    if found is None:
        raise errors.ImageNotFound(
            f"create container '{config.metadata.name}': image '{config.image.image}' isn't here;"
            " pull it first"
        )
    return found


def _record(
    sandbox: SandboxRecord, config: cri.ContainerConfig, image: StoredImage
) -> ContainerRecord:
    meta = config.metadata
    directory = sandbox.config.log_directory
    return ContainerRecord(
        id=secrets.token_hex(32),
        sandbox_id=sandbox.id,
        name=meta.name,
        attempt=meta.attempt,
        created_at_ns=time.time_ns(),
        app=f"{ac_name(meta.name)}-{meta.attempt}",
        image_id=image.id,
        config_bytes=config.SerializeToString(),
        log_path=str(Path(directory, config.log_path)) if directory and config.log_path else "",
    )


def _app(
    engine: ShimEngine, record: ContainerRecord, config: cri.ContainerConfig, image: StoredImage
) -> NewApp:
    context, resources = config.linux.security_context, config.linux.resources
    argv = command(config, image)
    security.check_app(config, argv)
    user, group, groups = identity(engine, config, image)
    quota, period = resources.cpu_quota, resources.cpu_period
    return NewApp(
        name=record.app,
        image_id=image.id,
        argv=tuple(argv),
        user=user,
        group=group,
        groups=groups,
        working_dir=config.working_dir,
        read_only=context.readonly_rootfs,
        environment={one.key: one.value.decode("utf-8", "surrogateescape") for one in config.envs},
        retain=security.retained(context) or (),
        binds=_binds(config),
        log=f"{record.app}{RAW}" if record.log_path else "",
        memory_bytes=resources.memory_limit_in_bytes,
        cpu_millis=max(1, quota * 1000 // period) if quota > 0 and period else 0,
        cpu_shares=resources.cpu_shares,
        oom_score_adj=resources.oom_score_adj or None,
        unconfined=security.unconfined(context),
    )


def identity(
    engine: ShimEngine, config: cri.ContainerConfig, image: StoredImage
) -> tuple[str, str, tuple[int, ...]]:
    """User, group and further groups; rkt is asked to look up nothing."""
    context = config.linux.security_context
    wanted = security.user(context) or image.user
    given = tuple(context.supplemental_groups)
    group = str(context.run_as_group.value) if context.HasField("run_as_group") else ""
    if not wanted:
        return "", group, given
    accounts = engine.accounts.of(image.id)
    if not (group or security.user(context)) and image.app["group"] != _UNSAID:
        group = str(accounts.gid(image.app["group"]))
    user = accounts.user(wanted)
    return str(user.uid), group or str(user.gid), tuple(dict.fromkeys((*given, *user.groups)))


def _binds(config: cri.ContainerConfig) -> tuple[Bind, ...]:
    for mount in config.mounts:
        security.check_mount(mount)
        if not Path(mount.host_path).exists():
            Path(mount.host_path).mkdir(parents=True, exist_ok=True)
    return tuple(
        Bind(
            name=f"volume-{at}",
            source=mount.host_path,
            target=mount.container_path,
            read_only=mount.readonly,
        )
        for at, mount in enumerate(config.mounts)
    )


def _add(engine: ShimEngine, record: ContainerRecord, app: NewApp) -> None:
    try:
        _make_log(engine, record)
        with engine.changing(record) as rkt:
            answer = add(rkt, engine.uuid(record.sandbox_id), app)
        if not answer.ok:
            raise _refusal(engine, record, answer)
        engine.containers.save(replace(record, added=True), durable=False)
    except BaseException:
        teardown.take_back(engine, record)  # what failed half-way still stands in the manifest
        raise


def _refusal(engine: ShimEngine, record: ContainerRecord, answer: Answer) -> errors.Error:
    found = find_pod(engine.rkt, engine.uuid(record.sandbox_id))
    if found is None or found["state"] != "running":
        return errors.FailedPrecondition(
            f"create container '{record.name}': sandbox '{record.sandbox_id}' doesn't run"
        )
    return answer.failure(f"create container '{record.name}'")


def _make_log(engine: ShimEngine, record: ContainerRecord) -> None:
    """An empty log, and the word that rkt's own goes there."""
    if not record.log_path:
        return
    path = Path(record.log_path)
    try:
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        path.touch(mode=0o640)
        (engine.logs(record.sandbox_id) / f"{record.app}{TARGET}").write_text(str(path))
    except OSError as error:
        raise errors.Internal(f"make log '{path}': {error.strerror}") from error
