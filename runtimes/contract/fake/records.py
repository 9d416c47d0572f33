"""What the fake knows of sandboxes and containers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.contract.fake.images import FakeImage
    from runtimes.contract.fake.shell.machine import Journal


@dataclass(slots=True)
class SandboxRecord:
    id: str
    config: cri.PodSandboxConfig
    handler: str
    created_ns: int
    ready: bool = True
    ips: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str, str, int]:
        """What may exist once only."""
        metadata = self.config.metadata
        return metadata.name, metadata.namespace, metadata.uid, metadata.attempt


@dataclass(slots=True)
class ContainerRecord:
    """State is derived: created until `started_ns`, running until `finished_ns`.

    Attributes:
        journals: what its tasks did, see `runtimes.contract.fake.process`.
        layer: what it wrote.
    """

    id: str
    sandbox_id: str
    config: cri.ContainerConfig
    image_id: str
    image: FakeImage
    created_ns: int
    started_ns: int = 0
    finished_ns: int = 0
    exit_code: int = 0
    reason: str = ""
    message: str = ""
    signals: list[tuple[int, int]] = field(default_factory=list)
    journals: dict[int, Journal] = field(default_factory=dict)
    layer: dict[str, bytes | None] = field(default_factory=dict)

    @property
    def state(self) -> cri.ContainerState.ValueType:
        if self.finished_ns:
            return cri.CONTAINER_EXITED
        return cri.CONTAINER_RUNNING if self.started_ns else cri.CONTAINER_CREATED

    @property
    def running(self) -> bool:
        return bool(self.started_ns and not self.finished_ns)
