"""Where everything lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Paths:
    """`root` survives a reboot, `run_root` needs not."""

    root: Path
    run_root: Path

    @property
    def checkpoints(self) -> Path:
        """Dockershim's own files, one per sandbox id."""
        return self.root / "sandbox"

    @property
    def sandboxes(self) -> Path:
        return self.root / "sandboxes"

    def sandbox(self, key: str) -> Path:
        """A sandbox's record and the files that its containers mount."""
        return self.sandboxes / key

    @property
    def pins(self) -> Path:
        return self.run_root / "netns"

    def netns(self, key: str) -> Path:
        """A sandbox's network namespace, pinned: it outlives the pause process."""
        return self.pins / key

    @property
    def network(self) -> Path:
        """What DEL of CNI plugins needs: their addresses outlive a reboot."""
        return self.root / "network"

    @property
    def bridge(self) -> Path:
        """The built-in network's addresses, which don't."""
        return self.run_root / "network"

    @property
    def logs(self) -> Path:
        """How far each container's log has been copied."""
        return self.root / "logs"

    @property
    def failed(self) -> Path:
        """Containers that Docker couldn't start."""
        return self.root / "failed"

    @property
    def empty(self) -> Path:
        """Nothing, to lie below an image that is mounted."""
        return self.root / "empty"

    def prepare(self) -> None:
        """Make the folders that stay."""
        for folder in (self.checkpoints, self.pins, self.logs, self.failed, self.empty):
            folder.mkdir(mode=0o755, parents=True, exist_ok=True)
