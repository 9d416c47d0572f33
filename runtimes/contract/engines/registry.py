"""docker-registry, on a loopback port of the host and, again, of each engine's namespace.

All of them serve one folder, so an image pushed on the host can be pulled by every engine under
the same name.
"""

from __future__ import annotations

import socket
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

from runtimes.contract.engines.process import ProcessId, launch, tail, wait_for
from runtimes.contract.engines.world import missing_tools
from runtimes.contract.testimage.busybox import Missing, busybox
from runtimes.contract.testimage.push import push

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.contract.engines.places import Places
    from runtimes.contract.engines.world import World

PROGRAM = "docker-registry"
READY_TIMEOUT = 20.0
_CONFIG = """\
version: 0.1
log: {{accesslog: {{disabled: true}}, level: warn}}
storage:
  filesystem: {{rootdirectory: {root}}}
  delete: {{enabled: true}}
http: {{addr: "{address}"}}
"""


class Registry:
    name = "registry"
    needs: tuple[str, ...] = ()

    def __init__(self, places: Places) -> None:
        self._folder = places.engine(self.name)
        self._places = places

    def missing(self) -> list[str]:
        lacks = missing_tools([PROGRAM])
        return [f"{name} (apt-get install docker-registry)" for name in lacks]

    def running(self) -> bool:
        identity = ProcessId.load(self._process)
        return identity is not None and identity.alive

    def start(self) -> None:
        self._places.wipe(self.name)
        self._folder.mkdir(parents=True)
        address = f"127.0.0.1:{_free_port(self._last_port())}"
        self._address.write_text(address)
        root = self._folder / "data"
        config = self._folder / "config.yml"
        config.write_text(_CONFIG.format(root=root, address=address))
        log = self._folder / "registry.log"
        launch([PROGRAM, "serve", str(config)], log).save(self._process)
        wait_for(
            lambda: _answers(address) or not self.running(),
            READY_TIMEOUT,
            lambda: f"the registry{tail(log)}",
        )
        self._fill(address)

    def stop(self) -> None:
        identity = ProcessId.load(self._process)
        if identity is not None:
            identity.kill()
        self._places.wipe(self.name)

    def env(self) -> dict[str, str]:
        return {"RUNTIMES_TEST_REGISTRY": self.address} if self.running() else {}

    @property
    def address(self) -> str:
        """Host and port, the same inside the engines' namespaces."""
        return self._address.read_text()

    def join(self, world: World) -> None:
        """Serve the same images in an engine's network too."""
        world.launch("registry", [PROGRAM, "serve", str(self._folder / "config.yml")])

    @property
    def _address(self) -> Path:
        """Outlives the registry: engines that were told of it find the next one there."""
        return self._places.root / "registry.address"

    def _last_port(self) -> int:
        try:
            return int(self._address.read_text().rpartition(":")[2])
        except (OSError, ValueError):
            return 0

    @property
    def _process(self) -> Path:
        return self._folder / "process.json"

    def _fill(self, address: str) -> None:
        try:
            push(address, "runtimes-test/busybox", "1", busybox())
        except Missing:
            return


def _answers(address: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{address}/v2/", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _free_port(wanted: int) -> int:
    """A port that nobody listens on: the wanted one if it can be had."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
