"""Everything the fake Engine holds, under one lock, brought up to now before each look."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runtimes.core import deadline, errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runtimes.contract.fake.clock import Clock
    from runtimes.contract.fake.docker.records import ContainerRecord, ExecRecord
    from runtimes.contract.fake.images import FakeImage, StoredImage
    from runtimes.contract.fake.shell.machine import Program

POLL = 0.02
KILLED = 137


@dataclass(slots=True)
class World:
    """Attributes:
    ids: makes a new random id.
    unreachable: registries, host and port, that don't answer.
    """

    clock: Clock
    ids: Callable[[], str]
    registry: dict[str, FakeImage]
    unreachable: set[str]
    programs: dict[str, Program]
    containers: dict[str, ContainerRecord] = field(default_factory=dict)
    execs: dict[str, ExecRecord] = field(default_factory=dict)
    images: dict[str, StoredImage] = field(default_factory=dict)
    closed: bool = False
    _pids: int = 1000
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @contextmanager
    def entered(self) -> Iterator[World]:
        """Hold the lock, with every process advanced to now.

        Raises:
            Unavailable: the fake was closed.
            DeadlineExceeded: the caller's time is up.
        """
        deadline.check("call the fake Engine")
        with self._lock:
            if self.closed:
                raise errors.Unavailable("call the fake Engine: it was closed; open another")
            self.advance()
            yield self

    def advance(self) -> None:
        now_ns = self.clock.now_ns()
        for container in self.containers.values():
            if container.process is not None:
                container.process.advance(now_ns)
                if container.process.ending is not None:
                    ending = container.process.ending
                    self.finish(container, ending.exit_code, ending.at_ns)
        for record in self.execs.values():
            if record.process is not None:
                record.process.advance(now_ns)
                if record.process.ending is not None:
                    record.exit_code = record.process.ending.exit_code
                    record.process = None

    def finish(self, container: ContainerRecord, exit_code: int, at_ns: int) -> None:
        """End a container, and with it all commands in it; what never began is forgotten."""
        container.process, container.pid = None, 0
        container.exit_code, container.finished_ns = exit_code, at_ns
        for record in [one for one in self.execs.values() if one.container is container]:
            if record.process is not None:
                record.process, record.exit_code = None, KILLED
            elif not record.started:
                del self.execs[record.id]

    def pid(self) -> int:
        self._pids += 1
        return self._pids

    def container(self, key: str) -> ContainerRecord:
        """Find a container by id, unique prefix or name.

        Raises:
            InvalidArgument: the key is empty, or begins several ids.
            NotFound: there is none.
        """
        if not key:
            raise errors.InvalidArgument("find a container: the name or id is empty")
        by_name = [one for one in self.containers.values() if one.name == key.lstrip("/")]
        found = [self.containers[key]] if key in self.containers else by_name
        found = found or [one for one in self.containers.values() if one.id.startswith(key)]
        if not found:
            raise errors.NotFound(f"no container '{key}' in the fake Engine")
        if len(found) > 1:
            raise errors.InvalidArgument(f"several containers begin with '{key}'")
        return found[0]

    def exec(self, exec_id: str) -> ExecRecord:
        """Find a command.

        Raises:
            NotFound: there is none.
        """
        found = self.execs.get(exec_id)
        if found is None:
            raise errors.NotFound(f"no command '{exec_id}' in the fake Engine")
        return found

    def wait_until(self, done: Callable[[], bool], seconds: float | None) -> bool:
        """Wait, without the lock, until `done` or `seconds` have passed; tell which."""
        end_ns = None if seconds is None else self.clock.now_ns() + round(seconds * 1e9)
        while True:
            with self.entered():
                if done():
                    return True
            if end_ns is not None and self.clock.now_ns() >= end_ns:
                return False
            self.clock.sleep(POLL)
