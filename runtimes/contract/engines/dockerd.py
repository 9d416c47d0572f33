"""dockerd with a containerd of its own."""

from __future__ import annotations

import http
import json
import os
from typing import TYPE_CHECKING

from runtimes.contract.engines.cgroups import remove_group
from runtimes.contract.engines.process import EngineFailed, tail, wait_for
from runtimes.contract.engines.unix_http import UnixConnection
from runtimes.contract.engines.world import TOOLS, World, missing_tools, withdraw_mount_points
from runtimes.contract.testimage.busybox import Missing, busybox, pause

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.contract.engines.places import Places
    from runtimes.contract.engines.registry import Registry

READY_TIMEOUT = 120.0


class Dockerd:
    name = "dockerd"
    needs = ("registry",)

    def __init__(self, places: Places, registry: Registry) -> None:
        self._places = places
        self._registry = registry
        self._folder = places.engine(self.name)
        self._world = World(self._folder)

    def missing(self) -> list[str]:
        programs = ["dockerd", "containerd", "runc", "iptables", *TOOLS]
        lacks = [f"{name} (apt-get install docker.io)" for name in missing_tools(programs)]
        if os.geteuid():
            lacks.insert(0, "root")
        try:
            busybox()
        except Missing as missing:
            lacks.append(str(missing))
        return lacks

    def running(self) -> bool:
        return self._world.first is not None

    def start(self) -> None:
        self.stop()
        self._folder.mkdir(parents=True)
        self._world.create()
        if self._registry.running():
            self._registry.join(self._world)
        self.revive()
        for image in (pause(), busybox()):
            self._load(image.archive())

    def kill(self) -> None:
        """Kill the daemon alone, as a crash would; containers go on."""
        self._world.kill(self.name)
        self._own_pid.unlink(missing_ok=True)

    def restart(self) -> None:
        self.kill()
        self.revive(live_restore=True)

    def revive(self, *, live_restore: bool = False) -> None:
        """Start the daemon on what is there, and wait until it answers.

        Args:
            live_restore: let containers go on that do; Docker's default is to stop them.

        Raises:
            EngineFailed: with the end of its log.
        """
        settings = {"live-restore": live_restore}
        (self._folder / "daemon.json").write_text(json.dumps(settings))
        self._world.launch(self.name, self._argv())
        log = self._folder / "dockerd.log"
        wait_for(
            lambda: self._answers() or not self.running(),
            READY_TIMEOUT,
            lambda: f"dockerd{tail(log)}",
        )

    def stop(self) -> None:
        self._world.destroy()
        remove_group(self._cgroup_parent)
        self._places.wipe(self.name)
        withdraw_mount_points()

    def env(self) -> dict[str, str]:
        if not self.running():
            return {}
        return {
            "RUNTIMES_TEST_DOCKER_HOST": f"unix://{self._places.socket(self.name)}",
            "RUNTIMES_TEST_DOCKER_NETNS": str(self._world.network),
        }

    def _argv(self) -> list[str]:
        folder = self._folder
        return [
            "dockerd",
            f"--config-file={folder}/daemon.json",
            f"--host=unix://{self._places.socket(self.name)}",
            f"--data-root={folder}/root",
            "--exec-root=/run/docker",
            f"--pidfile={self._own_pid}",
            f"--cgroup-parent=/{self._cgroup_parent}",
            # Lowering the score needs a capability that sandboxed hosts lack.
            "--oom-score-adjust=0",
            "--log-level=warn",
        ]

    @property
    def _cgroup_parent(self) -> str:
        import hashlib

        return f"runtimes-dockerd-{hashlib.sha256(str(self._folder).encode()).hexdigest()[:8]}"

    @property
    def _own_pid(self) -> Path:
        """Where the daemon writes its number, and refuses to start while that one is alive."""
        return self._folder / "daemon.pid"

    def _answers(self) -> bool:
        try:
            return self._call("GET", "/_ping")[0] == http.HTTPStatus.OK
        except OSError:
            return False

    def _load(self, archive: bytes) -> None:
        status, body = self._call("POST", "/images/load?quiet=1", archive)
        lines = [json.loads(line) for line in body.splitlines() if line.startswith(b"{")]
        errors = [line["error"] for line in lines if "error" in line]
        if status != http.HTTPStatus.OK or errors:
            raise EngineFailed(f"load an image into dockerd: {status}: {errors or body!r}")

    def _call(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        connection = UnixConnection(self._places.socket(self.name))
        try:
            headers = {"Content-Type": "application/x-tar"} if body else {}
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()
