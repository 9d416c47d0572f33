"""A service on the private Engine, with a root of its own."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

import pytest

from runtimes.contract.testimage.busybox import BUSYBOX, PAUSE
from runtimes.core import discovery
from runtimes.core.backend import Kind
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.dockershim.options import DockershimOptions
from runtimes.dockershim.service import DockershimService

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from runtimes.contract.engines.session import EngineSession
    from runtimes.core.docker.interface import DockerInterface


@dataclass(slots=True)
class Counted:
    """A DockerInterface that counts its calls by name."""

    docker: DockerInterface
    calls: list[str] = field(default_factory=list)

    def __getattr__(self, name: str) -> object:
        found = getattr(self.docker, name)
        if callable(found):
            self.calls.append(name)
        return found


@dataclass(slots=True)
class Node:
    """One root on one Engine; every service that it opens is another process's, so to say."""

    host: str
    root: Path
    made: list[DockershimService] = field(default_factory=list)
    token: str = field(default_factory=lambda: secrets.token_hex(4))

    def options(self, **changes: object) -> DockershimOptions:
        options = DockershimOptions(
            host=self.host,
            root=self.root / "root",
            run_root=self.root / "run",
            sandbox_image=PAUSE,
            network="docker",
        )
        return replace(options, **changes)  # type: ignore[arg-type]  # fields by name

    def docker(self) -> DockerInterface:
        plugin = discovery.load("docker", [Kind.DOCKER])
        opened: DockerInterface = plugin.open(plugin.options(host=self.host))
        return opened

    def open(self, docker: DockerInterface | None = None, **changes: object) -> DockershimService:
        service = DockershimService(self.options(**changes), docker or self.docker())
        self.made.append(service)
        return service

    def sandbox(self, name: str, attempt: int = 0) -> cri.PodSandboxConfig:
        return cri.PodSandboxConfig(
            metadata=cri.PodSandboxMetadata(
                name=f"{name}-{self.token}", namespace="dockershim", uid=name, attempt=attempt
            ),
            labels={"node": self.token},
            log_directory=str(self.root / "logs" / name),
        )

    def container(self, *command: str, name: str = "main") -> cri.ContainerConfig:
        return cri.ContainerConfig(
            metadata=cri.ContainerMetadata(name=name),
            image=cri.ImageSpec(image=BUSYBOX),
            command=command or ("sleep", "1000"),
            log_path=f"{name}.log",
        )

    def clear(self) -> None:
        """Remove everything that any of the services made, and close them."""
        last = self.made[-1] if self.made else self.open()
        ours = cri.PodSandboxFilter(label_selector={"node": self.token})
        for sandbox in last.list_pod_sandbox(ours):
            last.remove_pod_sandbox(sandbox.id)
        for service in self.made:
            service.close()


@pytest.fixture
def node(tmp_path: Path, runtimes_engines: EngineSession) -> Iterator[Node]:
    """Everything made on it is gone after the test."""
    node = Node(runtimes_engines.env("dockerd")["RUNTIMES_TEST_DOCKER_HOST"], tmp_path)
    yield node
    node.clear()


@pytest.fixture
def service(node: Node) -> DockershimService:
    return node.open()


@pytest.fixture
def counted(node: Node) -> Callable[[], tuple[DockershimService, list[str]]]:
    """A service, and the calls of the Engine that it makes."""

    def make() -> tuple[DockershimService, list[str]]:
        docker = Counted(node.docker())
        return node.open(cast("DockerInterface", docker)), docker.calls

    return make
