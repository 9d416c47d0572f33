"""What a test works with: makes containers of its own, and removes them by id."""

from __future__ import annotations

import io
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.testimage.busybox import BUSYBOX, PATH, REPOSITORY, busybox
from runtimes.contract.testimage.layout import ImageConfig
from runtimes.contract.workbench import Workbench
from runtimes.core import deadline, errors
from runtimes.core.docker.interface import (
    CreateOptions,
    ListOptions,
    LogsOptions,
    StreamOptions,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from runtimes.contract.docker.subject import DockerSubject
    from runtimes.core.docker.interface import DockerInterface
    from runtimes.core.docker.types import ContainerConfig, ContainerState, ExecConfig, HostConfig

PATIENCE = 15.0
POLL = 0.02
RUN_LABEL = "runtimes.contract/run"
ABSENT = "rtd-no-such-container"
SLEEP = "trap 'exit 0' TERM; sleep 1000 & wait"


@dataclass(slots=True)
class DockerRun:
    """One run of the profile; `id` is part of every name that it gives."""

    id: str
    subject: DockerSubject
    service: DockerInterface
    _image: str = ""
    _pulled: str = ""
    _count: int = 0

    @property
    def label(self) -> str:
        """What every container of this run bears."""
        return f"{RUN_LABEL}={self.id}"

    @property
    def image(self) -> str:
        """The suite's busybox; pulled when first asked for, if it isn't there."""
        if not self._image:
            self._image = self.subject.image or self._own_image()
        return self._image

    def _own_image(self) -> str:
        with suppress(errors.ImageNotFound):
            self.service.inspect_image(BUSYBOX)
            return BUSYBOX
        if self.subject.publish is None:
            pytest.skip(f"there is no {BUSYBOX}, nor a registry to pull it from (--registry)")
        self._pulled = self.subject.publish(busybox())
        self.service.pull_image(self._pulled)
        return self._pulled

    def close(self) -> None:
        """Remove the image, if it was pulled; no container of the run may be left."""
        if self._pulled:
            self.service.remove_image(self._pulled, force=True)
        if not self._count:  # nothing was made, perhaps by an Engine that can't list yet
            return
        options = ListOptions(all=True, filters={"label": [self.label]})
        left = [one["Names"] for one in self.service.list_containers(options)]
        assert not left, f"{self.subject.name} left behind: {left}"

    def name(self) -> str:
        self._count += 1
        return f"{self.id}-{self._count}"


@dataclass(frozen=True, slots=True)
class Output:
    """What came of a command; its exit code where it was asked for."""

    out: str
    err: str
    exit_code: int | None = None


@dataclass(slots=True)
class DockerBench(Workbench):
    """The fixture `contract_docker`; one per test."""

    run: DockerRun

    @property
    def docker(self) -> DockerInterface:
        return self.run.service

    def options(
        self, config: ContainerConfig, host_config: HostConfig | None = None
    ) -> CreateOptions:
        """A container of the suite's busybox, with a name of its own."""
        labels = {RUN_LABEL: self.run.id, **config.get("Labels", {})}
        whole: ContainerConfig = {"Image": self.run.image, **config, "Labels": labels}
        return CreateOptions(name=self.run.name(), config=whole, host_config=host_config or {})

    def create(self, config: ContainerConfig, host_config: HostConfig | None = None) -> str:
        """Create a container; it is removed after the test."""
        return self.create_as(self.options(config, host_config))

    def create_as(self, options: CreateOptions) -> str:
        """Create exactly that; it is removed after the test."""
        container = self.docker.create_container(options)["Id"]
        self._undo.callback(self._remove, container)
        return container

    def start(self, config: ContainerConfig, host_config: HostConfig | None = None) -> str:
        container = self.create(config, host_config)
        self.docker.start_container(container)
        return container

    def sh(self, script: str) -> str:
        """Start a container that runs a shell script."""
        return self.start({"Cmd": ["sh", "-c", script]})

    def sleeper(self) -> str:
        """A running container that waits to be stopped."""
        return self.sh(SLEEP)

    def finish(self, container: str) -> ContainerState:
        """Wait until it has ended."""
        self.wait_for(lambda: not self.state(container)["Running"], f"{container} to end")
        return self.state(container)

    def state(self, container: str) -> ContainerState:
        return self.docker.inspect_container(container)["State"]

    def log(self, container: str, options: LogsOptions | None = None) -> Output:
        """What it wrote."""
        out, err = io.BytesIO(), io.BytesIO()
        self.docker.logs(container, options or LogsOptions(), StreamOptions(output=out, error=err))
        return Output(out.getvalue().decode(), err.getvalue().decode())

    def wait_log(self, container: str, text: str) -> None:
        self.wait_for(lambda: text in self.log(container).out, f"{text!r} in the log")

    def exec(
        self,
        container: str,
        *command: str,
        source: BinaryIO | None = None,
        config: ExecConfig | None = None,
    ) -> Output:
        """Run a command to its end, with what `config` says besides."""
        config = {
            "Cmd": list(command),
            "AttachStdin": source is not None,
            "AttachStdout": True,
            "AttachStderr": True,
            **(config or {}),
        }
        exec_id = self.docker.create_exec(container, config)
        out, err = io.BytesIO(), io.BytesIO()
        raw = bool(config.get("Tty"))
        streams = StreamOptions(raw_terminal=raw, input=source, output=out, error=err)
        self.docker.start_exec(exec_id, streams)
        code = self.exec_code(exec_id)
        return Output(out.getvalue().decode(), err.getvalue().decode(), code)

    def exec_code(self, exec_id: str) -> int | None:
        """The exit code of a command that is ending."""
        self.wait_for(lambda: not self.docker.inspect_exec(exec_id)["Running"], "it to end")
        return self.docker.inspect_exec(exec_id)["ExitCode"]

    def published(self, **labels: str) -> str:
        """The reference of an image that no other test has, ready to be pulled."""
        if self.run.subject.publish is None:
            pytest.skip(f"{self.run.subject.name} has no registry to pull from")
        name = self.run.name()
        settings = ImageConfig(cmd=("sh",), env=(PATH,), labels={"runtimes.name": name, **labels})
        return self.run.subject.publish(busybox(f"{REPOSITORY}/{name}:1", settings))

    def pulled(self) -> str:
        """Such an image, pulled; it is removed after the test."""
        reference = self.published()
        self.docker.pull_image(reference)
        self.cleanup(lambda: self.forget_image(reference))
        return reference

    def forget_image(self, reference: str) -> None:
        """Remove it if it's there."""
        with suppress(errors.ImageNotFound):
            self.docker.remove_image(reference, force=True)

    def wait_for(self, done: Callable[[], bool], what: str) -> None:
        """Poll until `done`; fail after a while."""
        end = time.monotonic() + PATIENCE
        while not done():
            if time.monotonic() > end:
                raise AssertionError(f"waited {PATIENCE:.0f} s for {what}")
            deadline.check(f"wait for {what}")
            time.sleep(POLL)

    def _remove(self, container: str) -> None:
        with suppress(errors.NotFound):
            self.docker.remove_container(container, force=True)
