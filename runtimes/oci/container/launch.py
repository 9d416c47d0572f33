"""What every way to run a command in a container begins with."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.oci.container import observe
from runtimes.oci.spec.process import exec_process

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType
    from typing import Self

    from runtimes.core.streaming.session import Size
    from runtimes.oci.engine import Engine
    from runtimes.oci.state.record import ContainerRecord


def running(engine: Engine, container_id: str, action: str) -> ContainerRecord:
    """The record of a container that `action` needs running.

    Raises:
        NotFound: no such container.
        FailedPrecondition: it isn't running.
    """
    record = engine.containers.load(engine.containers.resolve(container_id))
    if not observe.is_running(engine, record):
        raise errors.FailedPrecondition(f"{action} container '{record.id}': it isn't running")
    return record


@contextmanager
def no_input() -> Iterator[int]:
    """An input that is at its end.

    Not /dev/null: crun gives what a command gets from it to the container's user, and that one is
    the host's.
    """
    reader, writer = os.pipe()
    os.close(writer)
    try:
        yield reader
    finally:
        os.close(reader)


def exit_code(returncode: int) -> int:
    """A shell's code for how a child of ours ended. Pure."""
    return returncode if returncode >= 0 else 128 - returncode


class Files:
    """What the runtime reads and writes for one command, until it has ended.

    Attributes:
        spec: the process to run.
        pid: appears once it runs.
        complaints: takes what the runtime says where the command's stderr can't.
    """

    def __init__(
        self,
        engine: Engine,
        record: ContainerRecord,
        cmd: Sequence[str],
        *,
        tty: bool = False,
        size: Size | None = None,
    ) -> None:
        self.pid = engine.paths.execs / f"{os.urandom(8).hex()}.pid"
        self.spec = self.pid.with_suffix(".json")
        self.complaints = self.pid.with_suffix(".err")
        bundle = engine.containers.folder(record.id)
        spec = json.loads((bundle / "config.json").read_bytes())
        self.spec.write_text(json.dumps(exec_process(spec, cmd, tty=tty, size=size)))

    def remove(self) -> None:
        """Idempotent."""
        for path in (self.pid, self.spec, self.complaints):
            path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.remove()
