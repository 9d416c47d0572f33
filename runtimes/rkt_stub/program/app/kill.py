"""Kill an app at once: `rkt app stop` has no timeout, but stage1 has systemd, which can.

<dir>/pods/run/<uuid>/stage1/rootfs/enter --pid=<first process> -- systemctl kill ...
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtimes.rkt_stub.program.rkt import Rkt

_SECONDS = 30.0


def kill(rkt: Rkt, uuid: str, app: str, pid: int) -> bool:
    """Send SIGKILL to all of it; False when it or its pod doesn't run. `pid` is of `pid_of`."""
    try:
        done = subprocess.run(
            argv(rkt, uuid, app, pid),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def argv(rkt: Rkt, uuid: str, app: str, pid: int) -> list[str]:
    stage1 = rkt.folder / "pods/run" / uuid / "stage1/rootfs"
    systemctl = ("/usr/bin/systemctl", "kill", "--signal=KILL", f"{app}.service")
    return [str(stage1 / "enter"), f"--pid={pid}", "--", *systemctl]
