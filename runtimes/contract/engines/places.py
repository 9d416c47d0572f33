"""The folder of all engines: who holds which engine, one at a time."""

from __future__ import annotations

import fcntl
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.contract.engines.process import EngineFailed, ProcessId

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_SOCKET = 100
USER = "user"


@dataclass(frozen=True, slots=True)
class Places:
    """Attributes:
    root: e.g. ``.engines`` of a checkout.
    """

    root: Path

    def engine(self, name: str) -> Path:
        """An engine's own folder, which its stop removes."""
        return self.root / name

    def socket(self, engine: str) -> Path:
        """Where an engine listens.

        Raises:
            EngineFailed: the path is longer than the kernel takes.
        """
        path = self.engine(engine) / "sock"
        if len(str(path)) > MAX_SOCKET:
            raise EngineFailed(
                f"{path} is too long for a socket ({MAX_SOCKET} characters); choose another --dir"
            )
        return path

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One command at a time."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def hold(self, engine: str, holder: ProcessId | None) -> None:
        """Note who wants the engine to run; None for the user, who ends it by hand."""
        folder = self._holders(engine)
        folder.mkdir(parents=True, exist_ok=True)
        if holder is None:
            (folder / USER).touch()
        else:
            holder.save(folder / str(holder.pid))

    def release(self, engine: str, holder: ProcessId | None) -> list[str]:
        """Forget a holder, None being the user; name those who still hold it."""
        folder = self._holders(engine)
        (folder / (USER if holder is None else str(holder.pid))).unlink(missing_ok=True)
        return sorted(path.name for path in folder.glob("*") if self._is_held(path))

    def forget(self, engine: str) -> None:
        """Forget all holders."""
        shutil.rmtree(self._holders(engine), ignore_errors=True)

    def wipe(self, engine: str) -> None:
        """Remove what an engine that has ended left."""
        shutil.rmtree(self.engine(engine), ignore_errors=True)

    def _holders(self, engine: str) -> Path:
        return self.root / "holders" / engine

    @staticmethod
    def _is_held(path: Path) -> bool:
        if path.name == USER:
            return True
        holder = ProcessId.load(path)
        return holder is not None and holder.alive
