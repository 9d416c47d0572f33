"""What a launcher starts, and the folder where it is written down before it starts.

<folder>/plan.json    argv, environment, logs: written before the start
<folder>/alive        locked by the supervisor as long as it lives
<folder>/stderr       what rkt complained of
<folder>/ended.json   when the pod ended, and how: written last, once its logs are complete
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

PLAN, ALIVE, STDERR, ENDED = "plan.json", "alive", "stderr", "ended.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """Attributes:
    name: unique on the node, without a suffix.
    logs: file of the CRI log of each app; those of others are left out.
    follow: folder of rkt's own log files, to be passed on; None for none.
    """

    name: str
    folder: Path
    argv: tuple[str, ...]
    environment: Mapping[str, str]
    logs: Mapping[str, Path] = field(default_factory=dict)
    follow: Path | None = None

    def save(self) -> None:
        """Write it down."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        logs = {app: str(path) for app, path in self.logs.items()}
        plan = {
            "argv": self.argv,
            "environment": dict(self.environment),
            "logs": logs,
            "follow": str(self.follow or ""),
        }
        replace(self.folder / PLAN, plan)


@dataclass(frozen=True, slots=True)
class Ended:
    """`exit_code` is of the process that was the pod."""

    exit_code: int
    finished_at_ns: int


class Launcher(Protocol):
    """Starts units; nothing of them ends with us."""

    def start(self, unit: Unit) -> None:
        """Save the plan and start its supervisor. Idempotent: a second supervisor gives way.

        Raises:
            Unavailable: the host's tools refused.
        """
        ...


def replace(path: Path, value: object) -> None:
    """Write JSON as a whole or not at all."""
    temporary = path.with_suffix(".tmp")
    with temporary.open("w") as file:
        json.dump(value, file)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def saved(folder: Path, name: str) -> Unit | None:
    """The unit of a plan that is on disk; None when there is none, or it can't be read."""
    try:
        plan = json.loads((folder / PLAN).read_bytes())
        return Unit(
            name=name,
            folder=folder,
            argv=tuple(plan["argv"]),
            environment=plan["environment"],
            logs={app: Path(path) for app, path in plan["logs"].items()},
            follow=Path(plan["follow"]) if plan["follow"] else None,
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def ended(folder: Path) -> Ended | None:
    """None while it runs; also when what is written can't be read."""
    try:
        found = json.loads((folder / ENDED).read_bytes())
        return Ended(int(found["exit_code"]), int(found["finished_at_ns"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def supervised(folder: Path) -> bool:
    """Its supervisor lives, so that `ended` will be told."""
    try:
        descriptor = os.open(folder / ALIVE, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def forestall(folder: Path) -> bool:
    """Have it ended before it began, also for a supervisor that is still to come.

    False when one lives already: it can't be kept from starting any more.
    """
    try:
        descriptor = os.open(folder / ALIVE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not (folder / ENDED).exists():
            replace(folder / ENDED, {"exit_code": 0, "finished_at_ns": time.time_ns()})
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def complaint(folder: Path) -> str:
    """The last line of rkt's stderr; empty when it said nothing."""
    try:
        lines = (folder / STDERR).read_text(errors="replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1] if lines else ""
