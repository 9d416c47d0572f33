"""Take monitors out of the caller's cgroup, so that they outlive the service it may belong to.

When systemd stops a service, it kills everything in the service's cgroup. So a monitor that was
started from a cgroup of its own accord is moved next to the pods'; the containers have cgroups of
their own anyway. Best effort: without the right to, monitors stay where they are.
"""

from __future__ import annotations

import _thread
from contextlib import suppress
from typing import TYPE_CHECKING

from runtimes.core.cgroup.layout import UNIFIED
from runtimes.core.cgroup.paths import OURS

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.core.cgroup.layout import Layout

NAME = "monitors"
_SYSTEMD = "name=systemd"


def homes(layout: Layout) -> list[Path]:
    """The cgroups to move a monitor to: none where the caller is in no service's. Pure."""
    mounts = {_SYSTEMD: layout.hierarchies.get(_SYSTEMD), UNIFIED: layout.unified}
    return [
        mount / OURS / NAME
        for name, mount in mounts.items()
        if mount is not None and layout.own.get(name, "/") != "/"
    ]


def move(layout: Layout, pid: int) -> None:
    """Move a monitor, in the background: the kernel may take 10 ms."""
    wanted = homes(layout)
    if wanted:
        _thread.start_new_thread(_move, (wanted, pid))


def _move(folders: list[Path], pid: int) -> None:
    for folder in folders:
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "cgroup.procs").write_text(str(pid))
