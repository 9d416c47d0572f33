"""The calls of the fake Engine about commands in containers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.contract.fake.docker import launch
from runtimes.contract.fake.docker.follow import Follower
from runtimes.contract.fake.docker.output import LiveInput
from runtimes.contract.fake.docker.programs import TTY_SIZE
from runtimes.contract.fake.docker.records import ExecRecord
from runtimes.core import errors

if TYPE_CHECKING:
    from runtimes.contract.fake.docker.records import ContainerRecord
    from runtimes.contract.fake.docker.world import World
    from runtimes.core.docker.interface import StreamOptions
    from runtimes.core.docker.types import ExecConfig

NO_PROGRAM = 127


def create(world: World, container: ContainerRecord, config: ExecConfig) -> str:
    if not container.running:
        raise errors.FailedPrecondition(
            f"prepare a command in container '{container.id}': it doesn't run; start it first"
        )
    record = ExecRecord(world.ids(), container, config)
    world.execs[record.id] = record
    return record.id


def start(world: World, exec_id: str, streams: StreamOptions, *, detach: bool) -> None:
    with world.entered():
        record = world.exec(exec_id)
        _begin(world, record)
    if not detach:
        follower = Follower(record.output, streams, 0)
        follower.run(world, lambda: record.running, record.stdin)


def resize(record: ExecRecord, height: int, width: int) -> None:
    record.generated[TTY_SIZE] = f"{height} {width}\n".encode()


def _begin(world: World, record: ExecRecord) -> None:
    if record.started:
        raise errors.FailedPrecondition(
            f"start command '{record.id}': it was started before; prepare another"
        )
    record.started = True
    record.stdin = LiveInput(ended=not record.config.get("AttachStdin"))
    record.process = launch.of_exec(record, world.programs).process(
        record.stdin, record.output, world.clock.now_ns(), is_init=False
    )
    if record.process is None:
        command = (record.config.get("Cmd") or [""])[0]
        said = f"exec failed: '{command}': no such program\r\n".encode()
        record.output.write("stdout", said, world.clock.now_ns())
        record.exit_code = NO_PROGRAM
    else:
        record.pid = world.pid()
    world.advance()
