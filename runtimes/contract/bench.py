"""What a test works with: makes sandboxes and containers of its own, and removes them by id."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.contract.workbench import Workbench
from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.logs import line as log_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.contract.subject import Subject
    from runtimes.core.capability import Capability
    from runtimes.core.cri.services import CriService

PATIENCE = 30.0
POLL = 0.02


@dataclass(frozen=True, slots=True)
class Sandbox:
    """One that this test made."""

    id: str
    config: cri.PodSandboxConfig


@dataclass(frozen=True, slots=True)
class Ended:
    """A container that ran to its end.

    Attributes:
        log: what it wrote, both streams.
    """

    id: str
    status: cri.ContainerStatus
    log: str


@dataclass(slots=True)
class Run:
    """One run of the suite against one subject.

    Attributes:
        id: unique, and part of every name that the suite gives.
        folder: for logs and volumes; the backend sees it too.
        note: makes a service one whose calls are noted.
        _image: the suite's busybox, as the backend knows it; brought there when first asked for.
    """

    id: str
    subject: Subject
    service: CriService
    folder: Path
    note: Callable[[CriService], CriService] = lambda service: service
    _image: str = ""
    _count: int = 0
    _pods: list[Sandbox] = field(default_factory=list)

    def opened(self) -> CriService:
        """The backend once more; whoever asks closes it."""
        return self.note(self.subject.open())

    @property
    def image(self) -> str:
        """The suite's busybox; a backend that is being written may pass tests that need none."""
        if not self._image:
            from runtimes.contract.provide import provide

            self._image = self.subject.image or provide(self)
        return self._image

    def number(self) -> int:
        self._count += 1
        return self._count

    def sandbox_config(self) -> cri.PodSandboxConfig:
        """One that no other test has; it logs into a folder of its own."""
        name = f"{self.id}-{self.number()}"
        config = cri.PodSandboxConfig(
            metadata=cri.PodSandboxMetadata(
                name=name, uid=f"uid-{name}", namespace="runtimes-contract"
            ),
            hostname=name,
            log_directory=str(self.folder / name),
            labels={"runtimes.contract/run": self.id},
        )
        config.linux.cgroup_parent = f"/{self.id}"
        config.linux.security_context.namespace_options.pid = cri.CONTAINER
        return config

    def sandbox(self) -> Sandbox:
        """The one that tests share, as containers of a pod come and go.

        A test may stop or remove it: the next one gets another.
        """
        if not self._pods or not self._is_ready(self._pods[-1]):
            config = self.sandbox_config()
            self._pods.append(Sandbox(self.service.run_pod_sandbox(config), config))
        return self._pods[-1]

    def _is_ready(self, sandbox: Sandbox) -> bool:
        try:
            status = self.service.pod_sandbox_status(sandbox.id).status
        except errors.NotFound:
            return False
        return status.state == cri.SANDBOX_READY

    def close(self) -> None:
        """Remove what tests shared."""
        for sandbox in self._pods:
            self.service.stop_pod_sandbox(sandbox.id)
            self.service.remove_pod_sandbox(sandbox.id)


@dataclass(slots=True)
class Bench(Workbench):
    """The fixture `contract`; one per test."""

    run: Run
    _sandbox: Sandbox | None = None

    @property
    def service(self) -> CriService:
        return self.run.service

    @property
    def image(self) -> cri.ImageSpec:
        return cri.ImageSpec(image=self.run.image)

    def claims(self, capability: Capability) -> bool:
        return capability in self.run.subject.claims

    def folder(self) -> Path:
        """A new folder that the backend sees too."""
        path = self.run.folder / f"f{self.run.number()}"
        path.mkdir()
        return path

    @property
    def sandbox(self) -> Sandbox:
        """A READY sandbox without containers but this test's; the same throughout the test."""
        if self._sandbox is None:
            self._sandbox = self.run.sandbox()
        return self._sandbox

    def sandbox_config(self) -> cri.PodSandboxConfig:
        """One that no other test has; it logs into a folder of its own."""
        return self.run.sandbox_config()

    def new_sandbox(
        self, config: cri.PodSandboxConfig | None = None, runtime_handler: str = ""
    ) -> Sandbox:
        """Run one; it is removed after the test."""
        config = config or self.sandbox_config()
        return self.adopt(self.service.run_pod_sandbox(config, runtime_handler), config)

    def adopt(self, sandbox_id: str, config: cri.PodSandboxConfig) -> Sandbox:
        """Take one over that somebody else ran; it is removed after the test."""
        sandbox = Sandbox(sandbox_id, config)
        self.cleanup(lambda: self.service.remove_pod_sandbox(sandbox.id))
        self.cleanup(lambda: self.service.stop_pod_sandbox(sandbox.id))
        return sandbox

    def config(self, *command: str) -> cri.ContainerConfig:
        """A container of the suite's busybox that runs `command`."""
        name = f"c{self.run.number()}"
        config = cri.ContainerConfig(
            metadata=cri.ContainerMetadata(name=name),
            image=self.image,
            command=command,
            log_path=f"{name}.log",
        )
        config.linux.security_context.namespace_options.pid = cri.CONTAINER
        return config

    def script(self, text: str) -> cri.ContainerConfig:
        """A container that runs a shell script."""
        return self.config("sh", "-c", text)

    def create(self, config: cri.ContainerConfig, sandbox: Sandbox | None = None) -> str:
        """Create it in `sandbox`, or the shared one; it is removed after the test."""
        chosen = sandbox or self.sandbox
        return self.adopt_container(self.service.create_container(chosen.id, config, chosen.config))

    def adopt_container(self, container_id: str) -> str:
        """Take one over that somebody else created; it is removed after the test."""
        self.cleanup(lambda: self.service.remove_container(container_id))
        return container_id

    def start(self, config: cri.ContainerConfig, sandbox: Sandbox | None = None) -> str:
        """Create it and start it."""
        container = self.create(config, sandbox)
        self.service.start_container(container)
        return container

    def sleeper(self, sandbox: Sandbox | None = None) -> str:
        """A running container that waits to be stopped."""
        return self.start(self.script("trap 'exit 0' TERM; sleep 1000 & wait"), sandbox)

    def finish(self, config: cri.ContainerConfig, sandbox: Sandbox | None = None) -> Ended:
        """Run it to its end."""
        container = self.start(config, sandbox)
        status = self.wait_exited(container)
        return Ended(container, status, self.log(container))

    def sh(self, text: str, adjust: Callable[[cri.ContainerConfig], None] | None = None) -> Ended:
        """Run a script to its end, in a container that `adjust` changed first."""
        config = self.script(text)
        if adjust is not None:
            adjust(config)
        return self.finish(config)

    def output(self, text: str, adjust: Callable[[cri.ContainerConfig], None] | None = None) -> str:
        """What a script prints; it must succeed."""
        ended = self.sh(text, adjust)
        assert ended.status.exit_code == 0, f"{text!r} printed {ended.log!r}"
        return ended.log.rstrip("\n")

    def status(self, container_id: str) -> cri.ContainerStatus:
        return self.service.container_status(container_id).status

    def wait_exited(self, container_id: str) -> cri.ContainerStatus:
        self.wait_for(
            lambda: self.status(container_id).state == cri.CONTAINER_EXITED,
            f"container {container_id} to exit",
        )
        return self.status(container_id)

    def wait_for(self, done: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
        """Poll until `done`; fail after `patience` seconds."""
        end = time.monotonic() + patience
        while not done():
            if time.monotonic() > end:
                raise AssertionError(f"waited {patience:.0f} s for {what}")
            time.sleep(POLL)

    def entries(self, container_id: str) -> list[log_line.Entry]:
        """Every line of a container's log, decoded."""
        data = Path(self.status(container_id).log_path).read_bytes()
        return [log_line.decode(line) for line in data.splitlines(keepends=True)]

    def log(self, container_id: str, stream: str = "") -> str:
        """What a container wrote, to one stream or both."""
        texts = [
            entry.text
            for entry in self.entries(container_id)
            if not stream or entry.stream == stream
        ]
        return b"".join(texts).decode(errors="replace")

    def wait_log(self, container_id: str, text: str) -> None:
        """Wait until a container's log has `text`."""
        self.wait_for(lambda: text in self._log_so_far(container_id), f"{text!r} in the log")

    def exec(self, container_id: str, *cmd: str) -> str:
        """What a command prints in a running container; it must succeed."""
        answer = self.service.exec_sync(container_id, cmd, 20)
        assert answer.exit_code == 0, f"{cmd}: {answer.stderr.decode(errors='replace')}"
        return answer.stdout.decode().rstrip("\n")

    def _log_so_far(self, container_id: str) -> str:
        try:
            return self.log(container_id)
        except (FileNotFoundError, errors.DataLoss):
            return ""
