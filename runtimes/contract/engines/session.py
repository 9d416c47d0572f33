"""Engines for one pytest session: started when needed, let go at its end."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.engines.places import Places
from runtimes.contract.engines.process import EngineFailed
from runtimes.contract.engines.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

VARIABLE = "RUNTIMES_ENGINES_DIR"
FOLDER = ".engines"
_TIMEOUT = 300
"""Seconds to start one, after another that another process starts meanwhile."""
_MISSING = 4


@dataclass(slots=True)
class EngineSession:
    """Holds engines for this process; several sessions may hold the same ones.

    Attributes:
        folder: where the engines live.
    """

    folder: Path
    _started: dict[str, dict[str, str]] = field(default_factory=dict)
    _problems: dict[str, str] = field(default_factory=dict)

    def env(self, engine: str) -> dict[str, str]:
        """Variables that tell where `engine` is, e.g. ``CONTAINER_RUNTIME_ENDPOINT``.

        Skips the test when the host lacks something, or fails it under ``CI=true``.
        """
        problem = self.problem(engine)
        if problem:
            give_up(problem)
        return self._started[engine]

    def problem(self, engine: str) -> str:
        """Start `engine`; why that can't be, or nothing."""
        if engine not in self._started and engine not in self._problems:
            try:
                self._started[engine] = self._start(engine)
            except (EngineFailed, subprocess.TimeoutExpired) as error:
                self._problems[engine] = str(error)
        return self._problems.get(engine, "")

    def _start(self, engine: str) -> dict[str, str]:
        done = self._command(["start", engine, f"--holder={os.getpid()}"])
        if done.returncode:
            raise EngineFailed(done.stderr.strip() or f"{engine} doesn't start")
        lines = (line.partition("=") for line in done.stdout.splitlines())
        return {name: value for name, _, value in lines}

    @contextmanager
    def folder_shared_with(self, engine: str) -> Iterator[Path]:
        """A new folder, all mounts below which the engine sees: for a kubelet's volumes."""
        self.env(engine)
        shared = World(Places(self.folder).engine(engine)).shared
        with tempfile.TemporaryDirectory(dir=shared.absolute()) as name:
            folder = Path(name)
            folder.chmod(0o755)
            yield folder

    def restart(self, engine: str) -> None:
        """Kill -9 its daemon and start it again; only for engines that nobody else uses.

        Raises:
            EngineFailed: with the end of its log.
        """
        done = self._command(["restart", engine])
        if done.returncode:
            raise EngineFailed(done.stderr.strip())

    def release(self) -> None:
        """Let go of all; who was the last stops them."""
        for engine in list(self._started):
            self._command(["stop", engine, f"--holder={os.getpid()}"])
            del self._started[engine]

    def _command(self, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "runtimes.contract.engines", *arguments, "--dir", self.folder],
            capture_output=True,
            text=True,
            check=False,
            timeout=_TIMEOUT,
        )


_KEY = pytest.StashKey[EngineSession]()


def session_of(config: pytest.Config) -> EngineSession:
    """The engines of this pytest run, which its end releases."""
    found = config.stash.get(_KEY, None)
    if found is None:
        found = EngineSession(Path(os.environ.get(VARIABLE) or config.rootpath / FOLDER))
        config.stash[_KEY] = found
        config.add_cleanup(found.release)
    return found


def give_up(why: str) -> None:
    """Skip with what is missing; under ``CI=true`` nothing may be missing."""
    if os.environ.get("CI") == "true":
        pytest.fail(why, pytrace=False)
    pytest.skip(why)
