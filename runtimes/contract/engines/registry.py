"""docker-registry, on a loopback port of the host and, again, of each engine's namespace.

All of them serve one folder, so an image pushed on the host can be pulled by every engine under
the same name. Beside each stands a locked one, which gives the same images to those alone who know
`USER` and `PASSWORD`.
"""

from __future__ import annotations

import socket
import urllib.error
import urllib.request
from http import HTTPStatus
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
USER, PASSWORD = "ali", "open sesame"
READY_TIMEOUT = 60.0
_NAMES = ("open", "locked")
_HASHED = "$2b$04$DNZr2UdaZhlflJot8yQxN.XetokO3MWbDFnF4zwV7LB3enpapO4QK"
_LOCK = "auth: {{htpasswd: {{realm: runtimes, path: {path}}}}}\n"
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
        return all(_runs(self._folder / f"{name}.json") for name in _NAMES)

    def start(self) -> None:
        self._places.wipe(self.name)
        self._folder.mkdir(parents=True)
        passwords = self._folder / "htpasswd"
        passwords.write_text(f"{USER}:{_HASHED}\n")
        self._serve("open")
        self._serve("locked", _LOCK.format(path=passwords))
        self._fill(self.address)

    def _serve(self, name: str, more: str = "") -> None:
        address = f"127.0.0.1:{_free_port(self._last_port(name))}"
        self._address_file(name).write_text(address)
        config = self._folder / f"{name}.yml"
        config.write_text(_CONFIG.format(root=self._folder / "data", address=address) + more)
        log = self._folder / f"{name}.log"
        process = self._folder / f"{name}.json"
        launch([PROGRAM, "serve", str(config)], log).save(process)
        wait_for(
            lambda: _answers(address) or not _runs(process),
            READY_TIMEOUT,
            lambda: f"the registry{tail(log)}",
        )

    def stop(self) -> None:
        for name in _NAMES:
            identity = ProcessId.load(self._folder / f"{name}.json")
            if identity is not None:
                identity.kill()
        self._places.wipe(self.name)

    def env(self) -> dict[str, str]:
        if not self.running():
            return {}
        locked = self._address_file("locked").read_text()
        return {"RUNTIMES_TEST_REGISTRY": self.address, "RUNTIMES_TEST_REGISTRY_LOCKED": locked}

    @property
    def address(self) -> str:
        """Host and port, the same inside the engines' namespaces."""
        return self._address_file("open").read_text()

    def join(self, world: World) -> None:
        """Serve the same images in an engine's network too."""
        for name in _NAMES:
            argv = [PROGRAM, "serve", str(self._folder / f"{name}.yml")]
            world.launch(f"registry-{name}", argv)

    def _address_file(self, name: str) -> Path:
        """Outlives the registry: engines that were told of it find the next one there."""
        return self._places.root / f"registry.{name}.address"

    def _last_port(self, name: str) -> int:
        try:
            return int(self._address_file(name).read_text().rpartition(":")[2])
        except (OSError, ValueError):
            return 0

    def _fill(self, address: str) -> None:
        try:
            push(address, "runtimes-test/busybox", "1", busybox())
        except Missing:
            return


def _runs(process: Path) -> bool:
    identity = ProcessId.load(process)
    return identity is not None and identity.alive


def _answers(address: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{address}/v2/", timeout=2) as answer:
            return bool(answer.status == HTTPStatus.OK)
    except urllib.error.HTTPError as error:
        with error:
            return error.code == HTTPStatus.UNAUTHORIZED
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
