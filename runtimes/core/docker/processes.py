"""The processes of containers, as this host numbers them.

An Engine in a pid namespace of its own (in a container, in a test) tells numbers that mean other
processes here. So a number counts only if that process is in a control group of the container;
otherwise the group is looked for, first where the last one was found.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from runtimes.core.host.process import Process, identify

_PROC = Path("/proc")


@dataclass(slots=True)
class ProcessFinder:
    """Finds the init of a container. Thread-safe."""

    proc: Path = _PROC
    _elsewhere: bool = field(default=False)

    def find(self, container_id: str, pid: int) -> Process | None:
        """The container's init, which the Engine numbers `pid`; None when it can't be seen here."""
        if pid <= 0:
            return None
        if not self._elsewhere and self._is_of(pid, container_id):
            return identify(pid)
        found = self._search(container_id, pid)
        if found is None:
            return None
        self._elsewhere = True
        return identify(found)

    def _search(self, container_id: str, pid: int) -> int | None:
        """Look at every process that has a number in another pid namespace, too."""
        candidates = [int(path.name) for path in self.proc.iterdir() if path.name.isdigit()]
        return next(
            (
                number
                for number in sorted(candidates, reverse=True)
                if self._inner(number) == pid and self._is_of(number, container_id)
            ),
            None,
        )

    def _inner(self, number: int) -> int:
        """The number in the namespace around the innermost one: a container's engine's."""
        for line in self._read(number, "status").splitlines():
            if line.startswith("NSpid:"):
                numbers = line.split()[1:]
                return int(numbers[-2] if len(numbers) > 2 else numbers[-1])
        return 0

    def _is_of(self, number: int, container_id: str) -> bool:
        return container_id in self._read(number, "cgroup")

    def _read(self, number: int, file: str) -> str:
        try:
            return (self.proc / str(number) / file).read_text()
        except OSError:
            return ""
