"""An agent in a process of its own, on a private root of the embedded backend."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.client import connect
from runtimes.contract.engines.cgroups import remove_group
from runtimes.core.configure import read_config
from runtimes.kubelet.config import KubeletConfig
from runtimes.kubelet.generic.runtime import GenericRuntime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runtimes.client import Runtime

IMAGE = "localhost/busybox:1"
_APPLETS = ("sh", "sleep", "true", "cat", "echo")
POD = """\
apiVersion: v1
kind: Pod
metadata: {{name: {name}}}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: app
    image: {image}
    imagePullPolicy: Never
    command: [sh, -c, "trap 'exit 0' TERM; while true; do sleep 1000 & wait; done"]
"""


@dataclass
class House:
    """Folders, a configuration and an image; `close` leaves nothing."""

    root: Path
    bridge: str = field(default_factory=lambda: f"rta{secrets.token_hex(3)}")
    agent: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.manifests = self.root / "manifests"
        self.manifests.mkdir(parents=True)
        octet = secrets.randbelow(50) + 150
        (self.root / "config.toml").write_text(
            f'backend = "oci"\n[backends.oci]\nroot = "{self.root}/oci"\n'
            f'run_root = "{self.root}/run"\nbridge = "{self.bridge}"\n'
            f'subnet = "10.{octet}.{secrets.randbelow(60) * 4}.0/22"\n'
        )
        self._import_image()

    @property
    def kubelet(self) -> KubeletConfig:
        folder = self.root / "kubelet"
        return KubeletConfig(
            root=folder, log_root=folder / "logs", cgroup_root=f"{self.bridge}.kube"
        )

    @contextlib.contextmanager
    def runtime(self) -> Iterator[Runtime]:
        """The same pods, seen from this process."""
        config = read_config(self.root / "config.toml")
        with connect(config=config, kubelet=self.kubelet, events=lambda _: None) as opened:
            yield opened

    def start(self, *words: str) -> None:
        with (self.root / "config.toml").open() as file:
            base = file.read().partition("[kubelet]")[0]
        (self.root / "config.toml").write_text(
            f'{base}[kubelet]\ncgroup_root = "{self.kubelet.cgroup_root}"\n'
        )
        program = Path(sys.executable).with_name("runtimes")
        with (self.root / "agent.log").open("ab") as log:
            self.agent = subprocess.Popen(
                [program, "kubelet", "--manifests", self.manifests, *words],
                stdout=log,
                stderr=log,
                env={
                    **os.environ,
                    "RUNTIMES_CONFIG": str(self.root / "config.toml"),
                    "RUNTIMES_KUBELET_ROOT": str(self.kubelet.root),
                },
            )

    def end(self, number: int = signal.SIGTERM) -> None:
        if self.agent is not None:
            self.agent.send_signal(number)
            self.agent.wait(120)
            self.agent = None

    def write(self, name: str) -> Path:
        path = self.manifests / f"{name}.yaml"
        half = path.with_name(f".{name}")
        half.write_text(POD.format(name=name, image=IMAGE))
        half.rename(path)
        return path

    def cpu_seconds(self) -> float:
        """That the agent's process has used."""
        assert self.agent is not None
        words = Path(f"/proc/{self.agent.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    def rss_mib(self) -> float:
        assert self.agent is not None
        pages = int(Path(f"/proc/{self.agent.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def open_files(self) -> int:
        assert self.agent is not None
        return len(list(Path(f"/proc/{self.agent.pid}/fd").iterdir()))

    def close(self) -> None:
        """End the agent and all pods, and take the network away."""
        from runtimes.cni.bridge.builtin import BuiltinBridge
        from runtimes.cni.bridge.segment import BridgeOptions

        self.end(signal.SIGKILL)
        with self.runtime() as runtime:
            for pod in runtime.pods():
                pod.remove(force=True)
        bridge = self.root / "run" / "network/bridge"
        BuiltinBridge(bridge, BridgeOptions(self.bridge)).uninstall()
        remove_group(self.kubelet.cgroup_root)
        shutil.rmtree(self.root, ignore_errors=True)

    def _import_image(self) -> None:
        tree = self.root / "tree" / "bin"
        tree.mkdir(parents=True)
        shutil.copy("/bin/busybox", tree / "busybox")
        for applet in _APPLETS:
            (tree / applet).symlink_to("busybox")
        archive = self.root / "rootfs.tar"
        with tarfile.open(archive, "w") as tar:
            tar.add(tree.parent, arcname=".")
        with self.runtime() as runtime:
            runtime.import_image(archive, IMAGE)


def process_of(runtime: Runtime, container_id: str, which: str = "pid") -> int:
    """A container's process, or with ``monitor_pid`` what watches it; 0 when there is none."""
    backend = runtime.backend_runtime
    assert isinstance(backend, GenericRuntime)
    info = backend.service.container_status(container_id, verbose=True).info
    return int(json.loads(info["info"]).get(which) or 0)


def wait_for(ask: Callable[[], bool], what: str, patience: float = 300.0) -> float:
    """Wait until `ask` answers True; return the seconds that it took."""
    began = time.monotonic()
    while not ask():
        if time.monotonic() - began > patience:
            raise TimeoutError(f"{what}: not within {patience:.0f} s")
        time.sleep(0.02)
    return time.monotonic() - began
