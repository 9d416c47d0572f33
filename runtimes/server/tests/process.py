"""`runtimes serve` as a user starts it, in a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

from runtimes.server.tests.hosting import connect, wait_until

if TYPE_CHECKING:
    import signal
    from pathlib import Path

    from runtimes.core.cri.services import CriService

PROGRAM = [sys.executable, "-c", "from runtimes.cli.main import main; main()"]


class Server:
    def __init__(self, folder: Path, words: tuple[str, ...] = ()) -> None:
        self.folder = folder
        self.path = folder / "cri.sock"
        self.log_path = folder / f"{len(list(folder.glob('*.log')))}.log"
        self.environ = {**os.environ, "RUNTIMES_CONFIG": str(folder / "config.toml")}
        (folder / "config.toml").touch()  # an empty one, instead of the user's
        self._words = words
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [*PROGRAM, *self.arguments()]
        with self.log_path.open("wb") as log:
            self._process = subprocess.Popen(command, stderr=log, stdout=log, env=self.environ)

    def arguments(self) -> list[str]:
        backend = [] if "-b" in self._words else ["-b", "fake"]
        listen = [] if "--listen" in self._words else ["--listen", f"unix://{self.path}"]
        return ["serve", *backend, *listen, *self._words]

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process is not None
        return self._process

    @property
    def log(self) -> str:
        return self.log_path.read_text()

    def wait_until_it_serves(self) -> None:
        wait_until(self._serves, f"a server that serves; its log: {self.log}")

    def _serves(self) -> bool:
        assert self.process.poll() is None, self.log
        return "serving backend" in self.log

    def connect(self, **words: object) -> CriService:
        return connect(self.path, **words)

    def get(self, page: str) -> tuple[int, str]:
        """A page of ``--metrics 127.0.0.1:0``."""
        found = re.search(r"metrics at (http://\S+)/metrics", self.log)
        assert found is not None, self.log
        try:
            with urllib.request.urlopen(f"{found[1]}{page}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def wait(self, timeout: float = 20.0) -> int:
        return self.process.wait(timeout)

    def restart(self) -> None:
        """Kill -9, and start again."""
        self.end()
        self.start()
        self.wait_until_it_serves()

    def end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait(10)
