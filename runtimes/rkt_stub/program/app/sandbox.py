"""`rkt app sandbox`: an empty pod that outlives its apps; the process is the pod."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from runtimes.rkt_stub.program.run_prepared import PodNetwork

LOG_MODE = "coreos.com/rkt/experiment/logmode"
LOG_DIR = "coreos.com/rkt/experiment/kubernetes-log-dir"


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """A port of the host that reaches one of the pod."""

    protocol: str
    pod_port: int
    host_port: int
    host_ip: str = ""

    @property
    def word(self) -> str:
        name = f"{self.protocol}-{self.pod_port}-{self.host_port}"
        host_ip = self.host_ip or "0.0.0.0"  # noqa: S104 - every address of the host, as asked
        return f"{name}:{self.protocol}:{self.pod_port}:{host_ip}:{self.host_port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """Attributes:
    uuid_file: where rkt writes the pod's UUID.
    logs: folder of the apps' log files; None for none.
    """

    uuid_file: Path
    network: PodNetwork
    logs: Path | None = None
    ports: tuple[Port, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)

    def words(self) -> list[str]:
        return [
            "app",
            "sandbox",
            f"--uuid-file-save={self.uuid_file}",
            *(f"--annotation={key}={value}" for key, value in self._annotations().items()),
            *(f"--port={port.word}" for port in self.ports),
            *self.network.words(),
            *(f"--user-annotation={key}={value}" for key, value in self.notes.items()),
        ]

    def _annotations(self) -> dict[str, str]:
        return {} if self.logs is None else {LOG_MODE: "k8s-plain", LOG_DIR: str(self.logs)}
