"""Which launcher this host has.

Source: sd_booted(3); kubelet 1.4 pkg/kubelet/rkt/rkt.go (RunPod), which needed systemd.
"""

from __future__ import annotations

import subprocess
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.rkt_stub.launch.unit import supervised

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtimes.rkt_stub.launch.unit import Launcher, Unit

BOOTED = Path("/run/systemd/system")
_SECONDS = 30.0


class Launching(StrEnum):
    AUTO = "auto"  # systemd where it is the host's init
    SYSTEMD = "systemd"
    SESSION = "session"


def choose(wanted: Launching, booted: Path = BOOTED) -> Launcher:
    """Take the one that is wanted, or that fits the host."""
    by_systemd = booted.is_dir() if wanted is Launching.AUTO else wanted is Launching.SYSTEMD
    return Systemd() if by_systemd else Session()


def supervisor(unit: Unit) -> list[str]:
    """The argv of a unit's supervisor."""
    return [sys.executable, "-I", "-m", "runtimes.rkt_stub.launch.supervise", str(unit.folder)]


class Systemd:
    """Transient units: the host shows and limits pods by their names, and they outlive us."""

    def start(self, unit: Unit) -> None:
        unit.save()
        _run(self.argv(unit), unit)

    def argv(self, unit: Unit) -> list[str]:
        return [
            "systemd-run",
            "--quiet",
            "--collect",
            f"--unit={unit.name}",
            "--property=KillMode=mixed",
            "--",
            *supervisor(unit),
        ]


class Session:
    """A session and a process group of its own: some stage1s end their whole group."""

    def start(self, unit: Unit) -> None:
        unit.save()
        _run(["setsid", "--fork", *supervisor(unit)], unit)


def _run(argv: Sequence[str], unit: Unit) -> None:
    try:
        subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
            timeout=_SECONDS,
            cwd="/",
        )
    except (OSError, subprocess.SubprocessError) as error:
        if supervised(unit.folder):  # systemd has a unit of that name: it was started before
            return
        raise errors.Unavailable(f"start {unit.name} by {argv[0]}: {error}") from error
