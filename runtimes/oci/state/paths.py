"""Where everything lies.

`root` survives a reboot: records, images, container file systems, exit codes.
`run_root` doesn't need to: namespace pins, the runtime's own state, pid files.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Paths:
    root: Path
    run_root: Path

    @property
    def exits(self) -> Path:
        """One file per exited container: its exit code, written by the monitor."""
        return self.root / "exits"

    def exit_file(self, container_id: str) -> Path:
        return self.exits / container_id

    def sandbox(self, sandbox_id: str) -> Path:
        """Files that the pod's containers mount: resolv.conf, hosts, hostname."""
        return self.root / "sandboxes" / sandbox_id

    def container(self, container_id: str) -> Path:
        """The OCI bundle, the writable layer, and the monitor's fifos."""
        return self.root / "containers" / container_id

    def pins(self, sandbox_id: str) -> Path:
        """The folder of a sandbox's pinned namespaces and of its /dev/shm."""
        return self.run_root / "pods" / sandbox_id

    def pin(self, sandbox_id: str, kind: str) -> Path:
        """A pinned namespace: `kind` is net, ipc, uts or pid."""
        return self.pins(sandbox_id) / kind

    def shm(self, sandbox_id: str) -> Path:
        return self.pins(sandbox_id) / "shm"

    @property
    def runtime_root(self) -> Path:
        """What crun or runc keeps of its own."""
        return self.run_root / "runtime"

    def start_fifo(self, container_id: str) -> Path:
        """What a created container's init waits on, in the runtime's state; gone once released."""
        return self.runtime_root / container_id / "exec.fifo"

    @property
    def execs(self) -> Path:
        """Process specs and pid files of running execs."""
        return self.run_root / "execs"

    def prepare(self) -> None:
        """Make the folders that stay."""
        for folder in (self.exits, self.runtime_root, self.execs, self.run_root / "pods"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
