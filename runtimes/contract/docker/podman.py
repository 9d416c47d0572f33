"""A private Podman that serves Docker's API, with the suite's image in it.

It lives in namespaces of its own, which take everything with them when they end.
"""

from __future__ import annotations

import resource
import socket
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.contract.engines.cgroups import hierarchies, remove_tree
from runtimes.contract.engines.process import EngineFailed, tail, wait_for
from runtimes.contract.engines.world import TOOLS, World, missing_tools
from runtimes.contract.testimage.busybox import Missing, busybox

if TYPE_CHECKING:
    from collections.abc import Iterator

READY_TIMEOUT = 30.0
GONE_TIMEOUT = 10.0
_CGROUP_PARENT = "libpod_parent"
_CONFIG = """\
[containers]
# Podman would raise them, which takes a capability that sandboxed hosts lack.
default_ulimits = ["nofile={files}:{files}", "nproc={processes}:{processes}"]
[engine]
runtime = "crun"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_config_dir = "{folder}/networks"
"""
_REGISTRIES = """\
[[registry]]
location = "{address}"
insecure = true
"""


@dataclass(frozen=True, slots=True)
class Podman:
    """Attributes:
    folder: short enough for a socket in it.
    registry: host and port of a registry that is trusted without TLS; empty for none.
    registry_config: its configuration file, to serve it in Podman's network too.
    """

    folder: Path
    registry: str = ""
    registry_config: Path | None = None

    @property
    def host(self) -> str:
        """As ``DOCKER_HOST`` has it."""
        return f"unix://{self._socket}"

    @staticmethod
    def missing() -> list[str]:
        """What this host lacks for it, each with how to get it."""
        lacks = missing_tools(["podman", "crun", "conmon", *TOOLS])
        return [f"{name} (apt-get install podman crun)" for name in lacks]

    @contextmanager
    def running(self) -> Iterator[None]:
        """Serve until the block ends.

        Raises:
            EngineFailed: with the end of its log.
        """
        before = _our_groups()
        try:
            self._start_apart()
            yield
        finally:
            World(self.folder).destroy()
            wait_for(lambda: _removed(before), GONE_TIMEOUT, lambda: "Podman's groups to empty")

    def start(self) -> None:
        """Begin to serve; the processes outlive this one.

        Raises:
            EngineFailed: with the end of its log.
        """
        world = World(self.folder)
        self._configure()
        world.create()
        self._prepare(world)
        log = self.folder / "podman.log"
        world.launch("podman", self._podman("system", "service", "--time=0", self.host))
        wait_for(
            lambda: self._answers() or world.first is None,
            READY_TIMEOUT,
            lambda: f"podman{tail(log)}",
        )

    def _start_apart(self) -> None:
        """Start from a process that ends, so that nothing of it is a child of this one."""
        arguments = [str(self.folder), self.registry, str(self.registry_config or "")]
        done = subprocess.run(
            [sys.executable, "-m", __spec__.name, *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=2 * READY_TIMEOUT,
        )
        if done.returncode:
            raise EngineFailed(done.stderr.strip())

    def _configure(self) -> None:
        files, processes = (
            min(4096, resource.getrlimit(limit)[1]) if resource.getrlimit(limit)[1] > 0 else 4096
            for limit in (resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC)
        )
        text = _CONFIG.format(files=files, processes=processes, folder=self.folder)
        (self.folder / "containers.conf").write_text(text)
        registries = _REGISTRIES.format(address=self.registry) if self.registry else ""
        (self.folder / "registries.conf").write_text(registries)

    def _prepare(self, world: World) -> None:
        if self.registry_config is not None:
            world.launch("registry", ["docker-registry", "serve", str(self.registry_config)])
        archive = self.folder / "busybox.tar"
        try:
            archive.write_bytes(busybox().archive())
        except Missing as missing:
            raise EngineFailed(str(missing)) from missing
        world.run(self._podman("load", "--quiet", "--input", str(archive)))

    def _podman(self, *arguments: str) -> list[str]:
        return [
            "env",
            f"CONTAINERS_CONF={self.folder}/containers.conf",
            f"CONTAINERS_REGISTRIES_CONF={self.folder}/registries.conf",
            "podman",
            *(f"--root={self.folder}/root", f"--runroot={self.folder}/run"),
            *(f"--tmpdir={self.folder / 'state'}", "--storage-driver=overlay"),
            f"--runtime-flag=root={self.folder}/crun",
            *arguments,
        ]

    @property
    def _socket(self) -> Path:
        return self.folder / "sock"

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self._socket))
            except OSError:
                return False
        return True


def _removed(before: set[Path]) -> bool:
    """Remove what was made since; a process that is still dying holds its group for a moment."""
    for group in _our_groups() - before:
        remove_tree(group)
    return _our_groups() <= before


def _our_groups() -> set[Path]:
    """What Podman makes in every hierarchy; one that is there already is somebody else's."""
    groups = (hierarchy / _CGROUP_PARENT for hierarchy in hierarchies())
    return {group for group in groups if group.is_dir()}


def main(folder: str, registry: str, registry_config: str) -> None:
    """Start one, as the command of this module."""
    config = Path(registry_config) if registry_config else None
    try:
        Podman(Path(folder), registry, config).start()
    except EngineFailed as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(*sys.argv[1:])
