"""Docker Engine over its HTTP API, and podman by its command, as plainly as each allows."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

from runtimes.core import netns


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=120)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class DockerPods:
    """A pause container and one that joins its namespaces: what dockershim made of a pod."""

    def __init__(self, host: str, image: str, memory: int) -> None:
        self.connection = UnixConnection(host.removeprefix("unix://"))
        self.image = image
        self.memory = memory

    def call(self, method: str, path: str, body: object = None) -> dict[str, object]:
        headers = {"Content-Type": "application/json"}
        self.connection.request(method, path, json.dumps(body) if body else None, headers)
        response = self.connection.getresponse()
        text = response.read()
        assert response.status < 400, f"{method} {path}: {response.status} {text[:300]!r}"
        return json.loads(text) if text else {}

    def create(self, body: dict[str, object]) -> str:
        container = str(self.call("POST", "/containers/create", body)["Id"])
        self.call("POST", f"/containers/{container}/start")
        return container

    def running(self, _: int) -> tuple[str, str]:
        sleep = {"Image": self.image, "Cmd": ["sleep", "600"]}
        pause = self.create(sleep | {"HostConfig": {"IpcMode": "shareable"}})
        joined = {
            "NetworkMode": f"container:{pause}", "IpcMode": f"container:{pause}",
            "Memory": self.memory,
        }  # fmt: skip
        main = self.create(sleep | {"HostConfig": joined})
        state = self.call("GET", f"/containers/{main}/json")["State"]
        assert isinstance(state, dict)
        assert state["Running"]
        return main, pause

    def remove(self, containers: object) -> None:
        assert isinstance(containers, tuple)
        for container in containers:
            self.call("DELETE", f"/containers/{container}?force=1&v=1")


class PodmanContainers:
    """`podman run -d` with a store and a host network of its own; one container, no pod."""

    def __init__(self, root: Path, archive: Path, image: str, memory: int) -> None:
        self.command = [
            "podman", "--root", str(root / "root"), "--runroot", str(root / "run"),
            "--cgroup-manager", "cgroupfs", "--runtime", "runc",
        ]  # fmt: skip
        self.image = image
        self.memory = memory
        self.netns = root / "netns"
        root.mkdir(parents=True)
        netns.create(self.netns)
        self.usable = self._usable(archive)

    def close(self) -> None:
        netns.delete(self.netns)

    def call(self, *arguments: str) -> str:
        command = [*self.command, *arguments]
        done = netns.enter(
            self.netns, lambda: subprocess.run(command, capture_output=True, check=True)
        )
        return done.stdout.decode().strip()

    def _usable(self, archive: Path) -> bool:
        try:
            self.call("load", "-q", "-i", str(archive))
            self.remove(self.running(0))
        except subprocess.CalledProcessError as problem:
            print(f"podman is left out: {problem.stderr.decode().strip()[:200]}")
            return False
        return True

    def running(self, _: int) -> str:
        limits = ["--ulimit", "nofile=20000:20000", "--ulimit", "nproc=4096:4096"]
        return self.call(
            "run", "-d", *limits, "--memory", str(self.memory), self.image, "sleep", "600"
        )

    def remove(self, container: object) -> None:
        self.call("rm", "-f", "-t", "0", str(container))
