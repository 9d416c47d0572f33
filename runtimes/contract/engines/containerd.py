"""containerd with its CRI plugin, a CNI bridge, and runc and crun as handlers."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.contract.engines.cgroups import remove_cgroups
from runtimes.contract.engines.process import EngineFailed, tail, wait_for
from runtimes.contract.engines.world import TOOLS, World, missing_tools, withdraw_mount_points
from runtimes.contract.testimage.busybox import PAUSE, Missing, busybox, pause

if TYPE_CHECKING:
    from runtimes.contract.engines.places import Places
    from runtimes.contract.engines.registry import Registry

READY_TIMEOUT = 120.0
CNI_FOLDERS = ("/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni")
CNI_PLUGINS = ("bridge", "host-local", "loopback", "portmap")
SUBNET = "10.89.76.0/24"
HANDLERS = ("runc", "crun")
_OVERLAY = "overlay"
_CONFIG = """\
version = 2
root = "{folder}/root"
state = "/run/containerd/state"
oom_score = 0
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs",
]

[grpc]
  address = "{socket}"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause}"
  restrict_oom_score_adj = true
  disable_tcp_service = true
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{cni_bin}"
    conf_dir = "{folder}/net.d"

  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "{folder}/certs.d"

  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "{snapshotter}"
    default_runtime_name = "{handler}"
"""
_HANDLER = """
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.{name}]
      runtime_type = "io.containerd.runc.v2"

      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.{name}.options]
        BinaryName = "{path}"
        SystemdCgroup = false
"""


class Containerd:
    name = "containerd"
    needs = ("registry",)

    def __init__(self, places: Places, registry: Registry) -> None:
        self._places = places
        self._registry = registry
        self._folder = places.engine(self.name)
        self._world = World(self._folder)

    def missing(self) -> list[str]:
        programs = ["containerd", "containerd-shim-runc-v2", "ctr", "iptables", *TOOLS]
        lacks = [
            f"{name} (apt-get install containerd iptables)" for name in missing_tools(programs)
        ]
        if os.geteuid():
            lacks.insert(0, "root")
        if _cni_folder() is None:
            lacks.append("CNI plugins (apt-get install containernetworking-plugins)")
        if not _handlers():
            lacks.append("runc or crun (apt-get install runc)")
        return lacks + _lacks_image()

    def running(self) -> bool:
        return self._world.first is not None

    def start(self) -> None:
        self.stop()
        self._folder.mkdir(parents=True)
        self._configure()
        self._world.create()
        if self._registry.running():
            self._registry.join(self._world)
        self._launch()
        for image in (pause(), busybox()):
            self._import(image.archive())

    def restart(self) -> None:
        self._world.kill(self.name)
        self._launch()

    def stop(self) -> None:
        ids = self._container_ids()
        self._world.destroy()
        remove_cgroups("k8s.io", ids)
        self._places.wipe(self.name)
        withdraw_mount_points()

    def env(self) -> dict[str, str]:
        if not self.running():
            return {}
        endpoint = f"unix://{self._places.socket(self.name)}"
        return {
            "CONTAINER_RUNTIME_ENDPOINT": endpoint,
            "IMAGE_SERVICE_ENDPOINT": endpoint,
            "RUNTIMES_TEST_CONTAINERD_NETNS": str(self._world.network),
        }

    def _configure(self) -> None:
        handlers = _handlers()
        text = _CONFIG.format(
            folder=self._folder,
            socket=self._places.socket(self.name),
            pause=PAUSE,
            cni_bin=_cni_folder(),
            snapshotter=_snapshotter(self._folder),
            handler=next(iter(handlers)),
        )
        text += "".join(_HANDLER.format(name=name, path=path) for name, path in handlers.items())
        (self._folder / "config.toml").write_text(text)
        network = self._folder / "net.d"
        network.mkdir()
        (network / "10-bridge.conflist").write_text(json.dumps(_network()))
        if self._registry.running():
            hosts = self._folder / "certs.d" / self._registry.address
            hosts.mkdir(parents=True)
            (hosts / "hosts.toml").write_text(f'server = "http://{self._registry.address}"\n')

    def _launch(self) -> None:
        self._world.launch(self.name, ["containerd", "-c", str(self._folder / "config.toml")])
        log = self._folder / "containerd.log"
        wait_for(self._ready, READY_TIMEOUT, lambda: f"containerd{tail(log)}")

    def _ready(self) -> bool:
        try:
            listed = self._ctr("plugins", "ls")
        except EngineFailed:
            return False
        rows = [line.split() for line in listed.splitlines()]
        return any(row[:2] == ["io.containerd.grpc.v1", "cri"] and row[-1] == "ok" for row in rows)

    def _import(self, archive: bytes) -> None:
        path = self._folder / "image.tar"
        path.write_bytes(archive)
        snapshotter = _snapshotter(self._folder)
        self._ctr("-n", "k8s.io", "images", "import", f"--snapshotter={snapshotter}", str(path))
        path.unlink()

    def _ctr(self, *arguments: str) -> str:
        return self._world.run(["ctr", "-a", str(self._places.socket(self.name)), *arguments])

    def _container_ids(self) -> list[str]:
        state = self._folder / "over" / "run-containerd" / "state"
        tasks = state / "io.containerd.runtime.v2.task" / "k8s.io"
        return [path.name for path in tasks.glob("*")]


def _network() -> dict[str, object]:
    return {
        "cniVersion": "0.4.0",
        "name": "runtimes-test",
        "plugins": [
            {
                "type": "bridge",
                "bridge": "rttest0",
                "isGateway": True,
                "ipMasq": True,
                "ipam": {
                    "type": "host-local",
                    "ranges": [[{"subnet": SUBNET}]],
                    "routes": [{"dst": "0.0.0.0/0"}],
                },
            },
            {"type": "portmap", "capabilities": {"portMappings": True}},
        ],
    }


def _cni_folder() -> str | None:
    return next(
        (
            folder
            for folder in CNI_FOLDERS
            if all(Path(folder, plugin).exists() for plugin in CNI_PLUGINS)
        ),
        None,
    )


def _handlers() -> dict[str, str]:
    paths = {
        name: shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
        for name in HANDLERS
    }
    return {name: path for name, path in paths.items() if path}


def _snapshotter(folder: Path) -> str:
    """Overlayfs can't lie on overlayfs, as in a container's own root."""
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    under = [mount for mount in mounts if folder.is_relative_to(mount[1])]
    deepest = max(under, key=lambda mount: len(mount[1]))
    return "native" if deepest[2] == _OVERLAY else "overlayfs"


def _lacks_image() -> list[str]:
    try:
        busybox()
    except Missing as missing:
        return [str(missing)]
    return []
