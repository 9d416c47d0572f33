"""Pods on a private root, for tests: short words for what a caller of the CRI does at length."""

from __future__ import annotations

import os
import secrets
import tarfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.cni.bridge.builtin import BuiltinBridge
from runtimes.core.cgroup import paths as cgroup_paths
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.engine import Engine
from runtimes.oci.host.facts import host_facts
from runtimes.oci.options import OciOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runtimes.oci.service import OciService

IMAGE = "localhost/oci-test/busybox:1"
APPLETS = (
    *("awk", "cat", "chmod", "dd", "echo", "env", "false", "grep", "head", "hostname", "id", "ip"),
    *(
        "kill",
        "ls",
        "mkdir",
        "mount",
        "nc",
        "ping",
        "ps",
        "pwd",
        "rm",
        "seq",
        "setsid",
        "sh",
        "sleep",
        "stat",
    ),
    *("stty", "sync", "tail", "test", "touch", "tr", "true", "umount", "wc"),
)
PASSWD = "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/home/user:\n"
GROUP = "root:x:0:\nuser:x:1000:\nextra:x:2000:user\n"
FOREVER = ("sleep", "1000")


def write_rootfs_tar(path: Path, folder: Path) -> None:
    """Make a small root file system out of the host's static busybox."""
    for name in ("bin", "etc", "tmp", "proc", "sys", "dev", "root", "home/user"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "bin/busybox").write_bytes(Path("/bin/busybox").read_bytes())
    (folder / "bin/busybox").chmod(0o755)
    for applet in APPLETS:
        (folder / "bin" / applet).symlink_to("busybox")
    (folder / "etc/passwd").write_text(PASSWD)
    (folder / "etc/group").write_text(GROUP)
    (folder / "bin/not-a-program").write_text("no format at all\n")
    with tarfile.open(path, "w") as tar:
        tar.add(folder, arcname=".")


@dataclass(slots=True)
class Pod:
    """One sandbox and what it was made from."""

    id: str
    config: cri.PodSandboxConfig


@dataclass(slots=True)
class Pods:
    """A service on a private root, and everything that was made with it."""

    service: OciService
    logs: Path
    made: list[str] = field(default_factory=list)

    @property
    def engine(self) -> Engine:
        return self.service.engine

    def config(self, **linux: object) -> cri.PodSandboxConfig:
        uid = secrets.token_hex(8)
        return cri.PodSandboxConfig(
            metadata=cri.PodSandboxMetadata(name=f"pod-{uid}", namespace="test", uid=uid),
            log_directory=str(self.logs / uid),
            labels={"test": uid},
            linux=cri.LinuxPodSandboxConfig(**linux),  # type: ignore[arg-type]  # fields by name
        )

    def run(self, config: cri.PodSandboxConfig | None = None) -> Pod:
        config = self.config() if config is None else config
        pod = Pod(self.service.run_pod_sandbox(config), config)
        self.made.append(pod.id)
        return pod

    def create(self, pod: Pod, command: Sequence[str] = FOREVER, **more: object) -> str:
        name = more.pop("name", "main")
        config = cri.ContainerConfig(
            metadata=cri.ContainerMetadata(name=str(name)),
            image=cri.ImageSpec(image=IMAGE),
            command=command,
            log_path=f"{name}.log",
            **more,  # type: ignore[arg-type]  # fields by name
        )
        return self.service.create_container(pod.id, config, pod.config)

    def start(self, pod: Pod, command: Sequence[str] = FOREVER, **more: object) -> str:
        container = self.create(pod, command, **more)
        self.service.start_container(container)
        return container

    def status(self, container: str) -> cri.ContainerStatus:
        return self.service.container_status(container).status

    def wait(self, container: str, timeout: float = 10.0) -> cri.ContainerStatus:
        """Wait until a container has exited."""
        wait_for(lambda: self.status(container).state == cri.CONTAINER_EXITED, timeout)
        return self.status(container)

    def log(self, pod: Pod, name: str = "main") -> str:
        return Path(pod.config.log_directory, f"{name}.log").read_text()

    def output(self, pod: Pod, name: str = "main", stream: str = "stdout") -> str:
        """What a container wrote, pieces joined."""
        text = ""
        for line in self.log(pod, name).splitlines():
            _, which, tag, data = line.split(" ", 3)
            if which == stream:
                text += data + ("\n" if tag == "F" else "")
        return text

    def sh(self, container: str, script: str, timeout: int = 10) -> str:
        """What a script run in a container prints."""
        answer = self.service.exec_sync(container, ["sh", "-c", script], timeout)
        assert answer.exit_code == 0, answer
        return answer.stdout.decode()

    def clear(self) -> None:
        for sandbox in self.made:
            self.service.stop_pod_sandbox(sandbox)
            self.service.remove_pod_sandbox(sandbox)
        self.made.clear()


def need(present: object, what: str) -> None:
    """Skip a test for what the host lacks; in CI, where nothing may be lacking, fail it."""
    if not present:
        complain = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        complain(f"{what} is missing")


def wait_for(condition: Callable[[], object], timeout: float = 10.0) -> None:
    """Wait until something holds, or fail."""
    until = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < until, "it didn't happen in time"
        time.sleep(0.005)


@dataclass(frozen=True, slots=True)
class PrivateRoot:
    """Where a test session's pods live, apart from everything else on the host."""

    folder: Path
    bridge: str
    subnet: str

    def options(self, runtime: str = "auto", monitor: str = "auto") -> OciOptions:
        return OciOptions(
            root=self.folder / "root",
            run_root=self.folder / "run",
            runtime=runtime,
            monitor=monitor,
            bridge=self.bridge,
            subnet=self.subnet,
        )

    def leaks(self) -> list[str]:
        """What of this root is left on the host although no sandbox is."""
        return [
            *(line for line in _lines("/proc/self/mountinfo") if str(self.folder) in line),
            *(str(path) for path in self._files()),
            *_processes(str(self.folder)),
        ]

    def interfaces(self) -> list[str]:
        """What is plugged into the bridge; the kernel takes a moment to free what is cut off."""
        return [path.name for path in Path(f"/sys/class/net/{self.bridge}/brif").glob("*")]

    def _files(self) -> list[Path]:
        records = ("root/sandboxes", "root/containers", "root/names", "root/exits")
        places = (*records, "run/pods", "run/runtime")
        return [path for place in places for path in (self.folder / place).glob("*")]

    def remove_bridge(self) -> None:
        network = Engine(self.options()).network
        assert isinstance(network, BuiltinBridge)
        network.uninstall()


def cgroups_of(sandbox: str) -> list[Path]:
    """The directories of a pod's cgroup, in every hierarchy."""
    path = cgroup_paths.pod_path("", sandbox)
    return [place for place in host_facts().cgroup.directories(path) if place.exists()]


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines()


def _processes(word: str) -> list[str]:
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with suppress(OSError):
                line = Path(entry.path, "cmdline").read_text().replace("\0", " ")
                if word in line and "pytest" not in line:
                    found.append(f"{entry.name} {line}")
    return found
