"""What the RPCs do about logs."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.dockershim import labels
from runtimes.dockershim.logs import copy
from runtimes.dockershim.logs import record as records
from runtimes.dockershim.logs.record import LogRecord

if TYPE_CHECKING:
    from runtimes.core.docker.types import ContainerInspect
    from runtimes.dockershim.engine import Engine


def begin(engine: Engine, found: ContainerInspect) -> None:
    """Record that a container's log is to be copied, before there is any.

    Without a path, or where the Engine's folders can't be seen from here, there is none.

    The Engine names its file only once it is there, hence the name is made as the Engine does.
    """
    path = labels.log_path_of(found["Config"].get("Labels") or {})
    root = Path(engine.facts.info()["DockerRootDir"])
    source = root / "containers" / found["Id"] / f"{found['Id']}-json.log"
    if path and source.parent.is_dir():
        record = LogRecord(path=path, source=str(source))
        folder = engine.paths.logs / found["Id"]
        records.make(folder, record)
        copy.advance(folder)  # A container that says nothing has an empty log, not none.


def complete(engine: Engine, container_id: str) -> None:
    """Copy the rest of a container that has ended. Cheap when that was done before."""
    folder = engine.paths.logs / container_id
    if folder.exists():
        copy.finish(folder)


def reopen(engine: Engine, container_id: str) -> None:
    """Go on in a new file.

    Raises:
        FailedPrecondition: the container has no log.
    """
    try:
        if not copy.reopen(engine.paths.logs / container_id):
            raise errors.FailedPrecondition(
                f"reopen the log of container '{container_id}': it has none"
            )
    except OSError as error:
        raise errors.Internal(f"reopen the log of container '{container_id}': {error}") from error


def ensure_followed(engine: Engine) -> None:
    """Start the logger of this root, unless it runs."""
    folder = engine.paths.logs
    lock = os.open(folder.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    else:
        _spawn(folder, lock)
    finally:
        os.close(lock)


def _spawn(folder: Path, lock: int) -> None:
    """Start it with the lock in hand, so that there never are two."""
    with folder.with_suffix(".err").open("wb") as says:
        process = subprocess.Popen(
            [sys.executable, "-m", "runtimes.dockershim.logs.logger", str(folder), str(lock)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=says,
            start_new_session=True,
            pass_fds=[lock],
            cwd="/",
        )
    threading.Thread(target=process.wait, name="logger-reaper", daemon=True).start()
