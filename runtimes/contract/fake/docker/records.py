"""What the fake knows of containers and of commands in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runtimes.contract.fake.docker.output import LiveInput, Output
from runtimes.contract.fake.docker.programs import TTY_SIZE

if TYPE_CHECKING:
    from runtimes.contract.fake.images import StoredImage
    from runtimes.contract.fake.process import Process
    from runtimes.core.docker.types import ContainerConfig, ExecConfig, HostConfig

NO_TTY = b"0 0\n"


@dataclass(slots=True)
class ContainerRecord:
    """State is derived: created until `started_ns`, running while there is a process.

    Attributes:
        config: with what the image adds.
        layer: what it wrote to its files.
        generated: files of the Engine and the kernel.
        pid: a number that no other process of the fake has; 0 while it doesn't run.
    """

    id: str
    name: str
    config: ContainerConfig
    host_config: HostConfig
    image: StoredImage
    created_ns: int
    started_ns: int = 0
    finished_ns: int = 0
    exit_code: int = 0
    error: str = ""
    pid: int = 0
    process: Process | None = None
    stdin: LiveInput = field(default_factory=LiveInput)
    output: Output = field(default_factory=Output)
    layer: dict[str, bytes | None] = field(default_factory=dict)
    generated: dict[str, bytes] = field(default_factory=lambda: {TTY_SIZE: NO_TTY})

    @property
    def running(self) -> bool:
        return self.process is not None

    @property
    def status(self) -> str:
        if self.running:
            return "running"
        return "exited" if self.started_ns else "created"


@dataclass(slots=True)
class ExecRecord:
    id: str
    container: ContainerRecord
    config: ExecConfig
    started: bool = False
    exit_code: int | None = None
    pid: int = 0
    process: Process | None = None
    stdin: LiveInput = field(default_factory=LiveInput)
    output: Output = field(default_factory=Output)
    generated: dict[str, bytes] = field(default_factory=lambda: {TTY_SIZE: NO_TTY})

    @property
    def running(self) -> bool:
        return self.process is not None
