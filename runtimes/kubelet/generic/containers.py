"""What starting and stopping containers needs of a runtime: a small seam, as the eras differ in it.

Before the CRI a container was the Engine's, since then it is a service's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.core.pod import v1
    from runtimes.core.pod.status import ExecResult, RegistryAuth
    from runtimes.kubelet.sync.image import ImageCalls


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A usable sandbox and what its containers need of it; `ips` are the pod's, primary first."""

    id: str
    config: cri.PodSandboxConfig
    ips: tuple[str, ...]


class Containers(Protocol):
    """Every method may raise any `Error`; only what callers tell apart is listed."""

    def images(self, auths: Sequence[RegistryAuth], sandbox: Sandbox) -> ImageCalls:
        """The image calls, with a pod's credentials."""
        ...

    def create(self, pod: v1.Pod, config: cri.ContainerConfig, sandbox: Sandbox) -> str:
        """Create a container in the sandbox; return its id."""
        ...

    def start(self, container_id: str) -> None: ...

    def stop(self, container_id: str, timeout: int) -> None:
        """Send the stop signal, and kill after `timeout` seconds. Absent or ended is fine."""
        ...

    def remove(self, container_id: str) -> None:
        """Remove one that doesn't run."""
        ...

    def exec(self, container_id: str, cmd: Sequence[str], timeout: int) -> ExecResult: ...

    def runs(self, container_id: str) -> bool:
        """Whether it runs; an absent one doesn't."""
        ...

    def annotations(self, container_id: str, name: str) -> Mapping[str, str]:
        """What a kubelet noted with the container of that name in its pod.

        Raises:
            NotFound: there is no such container.
        """
        ...

    def log_file(self, pod: v1.Pod, config: cri.ContainerConfig, container_id: str) -> Path:
        """Where the container's log is."""
        ...

    def stop_sandbox(self, sandbox_id: str) -> None:
        """Absent or stopped is fine."""
        ...
