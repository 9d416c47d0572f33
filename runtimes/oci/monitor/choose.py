"""Which monitor to use on this host."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.oci.monitor.monitor import Monitor

if TYPE_CHECKING:
    from runtimes.oci.host.facts import HostFacts

PYTHON = "python"
CONMON = "conmon"


def choose(wanted: str, facts: HostFacts) -> Monitor:
    """Take the monitor that the options name; ``auto`` is conmon where it is installed.

    Raises:
        BackendUnavailable: conmon is asked for and isn't there.
        InvalidArgument: no such monitor.
    """
    if wanted not in {"auto", PYTHON, CONMON}:
        raise errors.InvalidArgument(
            f"option monitor: '{wanted}' is not one of auto, {CONMON}, {PYTHON}"
        )
    if facts.conmon is not None and wanted != PYTHON:
        return Monitor(CONMON, (str(facts.conmon),))
    if wanted == CONMON:
        raise errors.BackendUnavailable(
            "open backend 'oci': conmon is not installed; install the package conmon, or set the "
            "option monitor to 'python'"
        )
    shim = Path(__file__).with_name("shim.py")
    return Monitor(PYTHON, (sys.executable, "-I", "-S", str(shim)))
