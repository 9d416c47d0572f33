"""The namespaces of one engine: mount, network, pid."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.contract.engines import init
from runtimes.contract.engines.process import (
    EngineFailed,
    ProcessId,
    launch,
    tail,
    wait_for,
)
from runtimes.contract.engines.shared import share, withdraw

if TYPE_CHECKING:
    from collections.abc import Sequence

PRIVATE = ("/run/containerd", "/run/docker", "/run/netns", "/var/lib/cni")
"""Where engines write whatever their configuration says."""
TOOLS = ("unshare", "nsenter", "mount", "umount", "ip")
READY_TIMEOUT = 60.0


@dataclass(frozen=True, slots=True)
class World:
    """Lives in `folder`; its first process is the root of everything in it."""

    folder: Path

    @property
    def first(self) -> ProcessId | None:
        """The first process, as the host numbers it; None when the world doesn't run."""
        identity = ProcessId.load(self._file)
        return identity if identity is not None and identity.alive else None

    @property
    def network(self) -> Path | None:
        """Its network namespace, to enter."""
        first = self.first
        return None if first is None else Path(f"/proc/{first.pid}/ns/net")

    @property
    def shared(self) -> Path:
        """The folder below which mounts are seen here and there; all others are private."""
        return self.folder / "shared"

    def create(self) -> None:
        """Make the namespaces.

        Raises:
            EngineFailed: the kernel refused.
        """
        ready = self.folder / "ready"
        log = self.folder / "init.log"
        bindings = [f"{target}={self._over(target)}" for target in _present(PRIVATE)]
        share(self.shared)
        outer = launch(
            [
                *("unshare", "--mount", "--net", "--pid", "--fork", "--propagation", "unchanged"),
                *(sys.executable, "-I", "-S", init.__file__, str(ready), str(self.shared)),
                *bindings,
            ],
            log,
        )
        wait_for(
            lambda: ready.exists() or not outer.alive,
            READY_TIMEOUT,
            lambda: f"the namespaces{tail(log)}",
        )
        child = _only_child(outer.pid)
        if not ready.exists() or child is None:
            raise EngineFailed(f"making namespaces failed{tail(log)}")
        child.save(self._file)

    def launch(self, name: str, argv: Sequence[str]) -> None:
        """Start a daemon in it; its output goes to ``<name>.log``."""
        log, pid = (str(self.folder / f"{name}.{what}") for what in ("log", "pid"))
        script = 'log=$1 pid=$2; shift 2; setsid "$@" >>"$log" 2>&1 </dev/null & echo $! >"$pid"'
        self.run(["sh", "-c", script, "sh", log, pid, *argv])

    def kill(self, name: str) -> None:
        """Kill -9 a daemon alone, and wait until it is gone; what it started goes on.

        Raises:
            EngineFailed: it wasn't launched, or is gone already.
        """
        pid = (self.folder / f"{name}.pid").read_text().strip()
        script = 'kill -9 "$1"; while kill -0 "$1"; do sleep 0.05; done 2>/dev/null; true'
        self.run(["sh", "-ec", script, "sh", pid])

    def run(self, argv: Sequence[str]) -> str:
        """Run a command in it and return its output.

        Raises:
            EngineFailed: it failed, or the world is gone.
        """
        first = self.first
        if first is None:
            raise EngineFailed(f"run {argv[0]}: the namespaces of {self.folder} are gone")
        done = subprocess.run(
            ["nsenter", f"--target={first.pid}", "--mount", "--net", "--pid", *argv],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise EngineFailed(f"{' '.join(argv)}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def destroy(self) -> None:
        """Kill everything in it; mounts and network go with the namespaces. Idempotent."""
        first = self.first
        if first is not None:
            first.kill()
        withdraw(self.shared)

    @property
    def _file(self) -> Path:
        return self.folder / "first.json"

    def _over(self, target: str) -> Path:
        source = self.folder / "over" / target.strip("/").replace("/", "-")
        source.mkdir(parents=True, exist_ok=True)
        return source


def _present(targets: Sequence[str]) -> list[str]:
    for target in targets:
        Path(target).mkdir(parents=True, exist_ok=True)
    return list(targets)


def withdraw_mount_points() -> None:
    """Remove the empty folders that only served to mount over, unless another engine uses them.

    Removing a folder that is a mount point in another namespace would unmount it there.
    """
    for target in PRIVATE:
        if _is_mount_point_of_anyone(target):
            continue
        try:
            Path(target).rmdir()
        except OSError:
            continue


def _is_mount_point_of_anyone(target: str) -> bool:
    for table in Path("/proc").glob("[0-9]*/mountinfo"):
        try:
            mounts = table.read_text().splitlines()
        except OSError:
            continue
        if any(line.split(" ", 5)[4] == target for line in mounts):
            return True
    return False


def _only_child(pid: int) -> ProcessId | None:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    numbers = children.read_text().split() if children.exists() else []
    return ProcessId.of(int(numbers[0])) if len(numbers) == 1 else None


def missing_tools(names: Sequence[str]) -> list[str]:
    """Which programs aren't there."""
    import shutil

    path = os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin"
    return [name for name in names if shutil.which(name, path=path) is None]
