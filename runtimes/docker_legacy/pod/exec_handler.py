"""How commands get into containers: by the Engine's own exec, or by nsenter (`nsenter`).

Source: kubelet 1.4 pkg/kubelet/dockertools/exec.go (ExecHandler).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from runtimes.core.docker import session
from runtimes.core.docker.exec_sync import exec_sync

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtimes.core.docker.beyond import Streams
    from runtimes.core.docker.interface import DockerInterface
    from runtimes.core.docker.processes import ProcessFinder
    from runtimes.core.pod.status import ExecResult
    from runtimes.core.streaming.session import StreamSession


class ExecHandler(Protocol):
    def exec(self, container_id: str, cmd: Sequence[str], timeout: int) -> ExecResult:
        """Errors as of `PodRuntime.exec`; where a command's time is up, its processes end."""
        ...

    def open_exec(self, container_id: str, cmd: Sequence[str], streams: Streams) -> StreamSession:
        """Errors as of `PodRuntime.open_exec`."""
        ...


@dataclass(frozen=True, slots=True)
class NativeExec:
    docker: DockerInterface
    processes: ProcessFinder

    def exec(self, container_id: str, cmd: Sequence[str], timeout: int) -> ExecResult:
        found = self.docker.inspect_container(container_id)
        return exec_sync(self.docker, found, cmd, timeout, processes=self.processes)

    def open_exec(self, container_id: str, cmd: Sequence[str], streams: Streams) -> StreamSession:
        return session.open_exec(self.docker, container_id, cmd, streams)


if TYPE_CHECKING:

    def _is_handler(handler: NativeExec) -> ExecHandler:
        return handler
