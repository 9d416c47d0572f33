"""Everything the fake holds, under one lock, brought up to now before each look."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runtimes.contract.fake.launch import Launch
from runtimes.contract.fake.logs import LogFile
from runtimes.core import deadline, errors
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from queue import SimpleQueue

    from runtimes.contract.fake.clock import Clock
    from runtimes.contract.fake.images import FakeImage, StoredImage
    from runtimes.contract.fake.process import Process
    from runtimes.contract.fake.records import ContainerRecord, SandboxRecord
    from runtimes.contract.fake.shell.machine import Program
    from runtimes.contract.fake.state import StateFile


@dataclass(slots=True)
class World:
    """Attributes:
    ids: makes a new random id.
    execs: processes of ExecSync calls, beside the containers' own.
    state: where records persist, None for memory alone.
    """

    clock: Clock
    ids: Callable[[], str]
    registry: dict[str, FakeImage]
    programs: dict[str, Program]
    state: StateFile | None = None
    sandboxes: dict[str, SandboxRecord] = field(default_factory=dict)
    containers: dict[str, ContainerRecord] = field(default_factory=dict)
    images: dict[str, StoredImage] = field(default_factory=dict)
    processes: dict[str, Process] = field(default_factory=dict)
    execs: list[Process] = field(default_factory=list)
    logs: dict[str, LogFile] = field(default_factory=dict)
    subscribers: list[SimpleQueue[cri.ContainerEventResponse]] = field(default_factory=list)
    describe: Callable[[cri.ContainerEventResponse], None] = lambda _event: None
    pod_cidr: str = "10.99.0.0/16"
    addresses: int = 1
    closed: bool = False
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _depth: int = 0

    @contextmanager
    def entered(self) -> Iterator[World]:
        """Hold the lock, with everything advanced to now and, at the end, persisted."""
        with self._lock:
            self._depth += 1
            try:
                if self._depth > 1 or self.state is None:
                    self.advance()
                    yield self
                else:
                    with self.state.locked(self):
                        self.advance()
                        yield self
            finally:
                self._depth -= 1

    def advance(self) -> None:
        """Let every process do what is due."""
        now_ns = self.clock.now_ns()
        for process in self.execs:
            process.advance(now_ns)
        for container in [one for one in self.containers.values() if one.running]:
            process = self.process(container)
            process.advance(now_ns)
            if process.ending is not None:
                self._finish(container, process)

    def process(self, container: ContainerRecord) -> Process:
        """The container's process, built anew if another program started it."""
        process = self.processes.get(container.id)
        if process is None:
            launch = self.launch(container)
            machine = launch.machine(container.started_ns)
            process = launch.process(machine, self.log(container))
            self.processes[container.id] = process
        return process

    def launch(self, container: ContainerRecord) -> Launch:
        sandbox = self.sandboxes[container.sandbox_id]
        return Launch(container, sandbox, container.image, self.programs)

    def log(self, container: ContainerRecord) -> LogFile | None:
        path = self.launch(container).log_path
        if path is None:
            return None
        return self.logs.setdefault(container.id, LogFile(path))

    def wait_until(self, done: Callable[[], bool], seconds: float) -> bool:
        """Wait, without the lock, until `done` or `seconds` have passed; tell which."""
        end_ns = self.clock.now_ns() + round(seconds * 1e9)
        while True:
            with self.entered():
                now_ns = self.clock.now_ns()
                if done():
                    return True
                due_ns = self._next_event_ns()
            if now_ns >= end_ns:
                return False
            deadline.check("wait for a container of the fake")
            target_ns = end_ns if due_ns is None else min(end_ns, max(due_ns, now_ns + 1))
            self.clock.sleep((target_ns - now_ns) / 1e9)

    def signal(self, container: ContainerRecord, number: int) -> None:
        container.signals.append((self.clock.now_ns(), number))
        self.advance()

    def emit(self, kind: cri.ContainerEventType.ValueType, container_id: str) -> None:
        """Tell all subscribers of an event; `describe` adds the pod's state to it."""
        if not self.subscribers:
            return
        event = cri.ContainerEventResponse(
            container_id=container_id,
            container_event_type=kind,
            created_at=self.clock.now_ns(),
        )
        self.describe(event)
        for queue in self.subscribers:
            queue.put(event)

    def sandbox(self, pod_sandbox_id: str) -> SandboxRecord:
        """Find a sandbox.

        Raises:
            NotFound: there is none of that id.
        """
        try:
            return self.sandboxes[pod_sandbox_id]
        except KeyError as error:
            raise errors.NotFound(f"no sandbox '{pod_sandbox_id}' in the fake") from error

    def container(self, container_id: str) -> ContainerRecord:
        """Find a container.

        Raises:
            NotFound: there is none of that id.
        """
        try:
            return self.containers[container_id]
        except KeyError as error:
            raise errors.NotFound(f"no container '{container_id}' in the fake") from error

    def close(self) -> None:
        self.closed = True
        for log in self.logs.values():
            log.close()

    def _next_event_ns(self) -> int | None:
        times = [process.next_event_ns() for process in [*self.processes.values(), *self.execs]]
        return min((at_ns for at_ns in times if at_ns is not None), default=None)

    def _finish(self, container: ContainerRecord, process: Process) -> None:
        if process.ending is None:
            return
        container.finished_ns = process.ending.at_ns
        container.exit_code = process.ending.exit_code
        container.reason = "Error" if container.exit_code else "Completed"
        self.processes.pop(container.id, None)
        log = self.logs.pop(container.id, None)
        if log is not None:
            log.close()
        self.emit(cri.CONTAINER_STOPPED_EVENT, container.id)
