"""The container calls of the fake Engine."""

from __future__ import annotations

import signal
from fnmatch import fnmatch
from typing import TYPE_CHECKING

from runtimes.contract.fake.docker import describe, images, launch
from runtimes.contract.fake.docker.follow import Follower
from runtimes.contract.fake.docker.output import LiveInput
from runtimes.contract.fake.docker.programs import TTY_SIZE
from runtimes.contract.fake.docker.records import ContainerRecord
from runtimes.contract.fake.shell.builtins import signal_number
from runtimes.core import errors

if TYPE_CHECKING:
    from runtimes.contract.fake.docker.output import Written
    from runtimes.contract.fake.docker.world import World
    from runtimes.contract.fake.images import StoredImage
    from runtimes.core.docker.interface import (
        CreateOptions,
        ListOptions,
        LogsOptions,
        StreamOptions,
    )
    from runtimes.core.docker.types import ContainerConfig, ContainerSummary, HostConfig

SHM_SIZE = 64 * 1024 * 1024
MIN_MEMORY = 6 * 1024 * 1024


def listing(world: World, options: ListOptions) -> list[ContainerSummary]:
    found = [
        container
        for container in world.containers.values()
        if (options.all or container.running)
        and all(_passes(container, kind, list(of)) for kind, of in options.filters.items())
    ]
    return [describe.summary(container) for container in reversed(found)]


def create(world: World, options: CreateOptions) -> str:
    holder = next((one for one in world.containers.values() if one.name == options.name), None)
    if holder is not None and options.name:
        raise errors.AlreadyExists(
            f"create container '{options.name}': container '{holder.id}' has that name; "
            "remove it or take another name"
        )
    stored = images.find(world, options.config.get("Image", ""))
    if 0 < (options.host_config.get("Memory") or 0) < MIN_MEMORY:
        raise errors.InvalidArgument(
            f"create container '{options.name}': memory below {MIN_MEMORY} bytes; give more"
        )
    container = ContainerRecord(
        id=world.ids(),
        name=options.name or f"fake-{world.pid()}",
        config=with_image(options.config, stored),
        host_config=with_defaults(options.host_config),
        image=stored,
        created_ns=world.clock.now_ns(),
    )
    world.containers[container.id] = container
    return container.id


def with_image(config: ContainerConfig, stored: StoredImage) -> ContainerConfig:
    """The config with what the image adds; an entrypoint of its own replaces the image's command.

    Source: moby daemon/commit.go (merge).
    """
    image = stored.image
    own_names = {line.partition("=")[0] for line in config.get("Env") or []}
    inherited = [line for line in image.env if line.partition("=")[0] not in own_names]
    command = config.get("Cmd")
    if not command and not config.get("Entrypoint"):
        command = list(image.cmd)
    return {
        **config,
        "Env": [*inherited, *(config.get("Env") or [])],
        "Cmd": list(command or []),
        "Entrypoint": list(config.get("Entrypoint") or image.entrypoint),
        "User": config.get("User") or image.user,
        "WorkingDir": config.get("WorkingDir") or image.workdir,
        "Labels": dict(config.get("Labels") or {}),
    }


def with_defaults(host_config: HostConfig) -> HostConfig:
    size = host_config.get("ShmSize") or 0
    return {**host_config, "ShmSize": size if size > 0 else SHM_SIZE}


def start(world: World, container: ContainerRecord) -> None:
    if container.running:
        return
    now_ns = world.clock.now_ns()
    container.stdin = LiveInput(ended=not container.config.get("OpenStdin"))
    process = launch.of_container(container, world.programs).process(
        container.stdin, container.output, now_ns, is_init=True
    )
    if process is None:
        command = (container.config.get("Entrypoint") or container.config.get("Cmd") or [""])[0]
        container.exit_code, container.error = 127, f"exec: '{command}': no such program"
        raise errors.InvalidArgument(
            f"start container '{container.id}': {container.error}; correct the command"
        )
    container.process, container.pid, container.error = process, world.pid(), ""
    container.started_ns, container.finished_ns, container.exit_code = now_ns, 0, 0
    world.advance()


def stop(world: World, key: str, timeout: int) -> None:
    """Signal, wait, kill; the lock is held only for moments."""
    with world.entered():
        container = world.container(key)
        number = signal_number(container.config.get("StopSignal") or "SIGTERM")
        _signal(world, container, number)
    if not world.wait_until(lambda: not container.running, max(timeout, 0)):
        with world.entered():
            _signal(world, container, signal.SIGKILL)
        world.wait_until(lambda: not container.running, None)


def remove(world: World, container: ContainerRecord, *, force: bool) -> None:
    if container.running:
        if not force:
            raise errors.FailedPrecondition(
                f"remove container '{container.id}': it runs; stop it first, or use force"
            )
        _signal(world, container, signal.SIGKILL)
    del world.containers[container.id]
    for exec_id in [key for key, one in world.execs.items() if one.container is container]:
        del world.execs[exec_id]


def logs(world: World, key: str, options: LogsOptions, streams: StreamOptions) -> None:
    with world.entered():
        container = world.container(key)
        parts = list(container.output.parts)
    since_ns = round(options.since * 1e9)

    def pack(part: Written) -> bytes:
        wanted = options.stdout if part.stream == "stdout" else options.stderr
        if not wanted or part.at_ns < since_ns:
            return b""
        before = f"{describe.timestamp(part.at_ns)} ".encode() if options.timestamps else b""
        return before + part.data

    follower = Follower(container.output, streams, len(parts), pack)
    shown = [part for part in parts if pack(part)]
    first = 0 if options.tail is None else max(0, len(shown) - options.tail)
    follower.give(shown[first:])
    follower.at = len(parts)
    if options.follow:
        follower.run(world, lambda: container.running, None)


def attach(world: World, key: str, streams: StreamOptions) -> None:
    with world.entered():
        container = world.container(key)
        if not container.running:
            raise errors.FailedPrecondition(
                f"attach to container '{container.id}': it doesn't run; start it first"
            )
        at = len(container.output.parts)
    follower = Follower(container.output, streams, at)
    follower.run(world, lambda: container.running, container.stdin)


def resize(container: ContainerRecord, height: int, width: int) -> None:
    container.generated[TTY_SIZE] = f"{height} {width}\n".encode()


def _signal(world: World, container: ContainerRecord, number: int) -> None:
    if container.process is not None:
        container.process.signals.append((world.clock.now_ns(), number))
        world.advance()


def _passes(container: ContainerRecord, kind: str, wanted: list[str]) -> bool:
    """Labels must all match; of everything else one suffices."""
    if kind == "label":
        return all(_labelled(container, one) for one in wanted)
    if kind == "id":
        return any(container.id.startswith(one) for one in wanted)
    if kind == "name":
        return any(fnmatch(container.name, f"*{one.strip('^$/')}*") for one in wanted)
    if kind == "status":
        return container.status in wanted
    raise errors.InvalidArgument(f"list containers: the fake Engine has no filter '{kind}'")


def _labelled(container: ContainerRecord, wanted: str) -> bool:
    name, equals, value = wanted.partition("=")
    labels = container.config.get("Labels") or {}
    return name in labels and (not equals or labels[name] == value)
