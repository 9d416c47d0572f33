"""Kill every process of a cgroup, forks in flight included.

Source: cgroup-v2.txt cgroup.kill (kernel 5.14); freezer-subsystem.txt for v1.
"""

from __future__ import annotations

import os
import select
import signal
from contextlib import ExitStack, suppress
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from runtimes.core import deadline, errors
from runtimes.core.cgroup import freezer, tree
from runtimes.core.cgroup.wait import wait_until

if TYPE_CHECKING:
    from runtimes.core.cgroup.layout import Layout

ROUND = 1.0
"""Seconds that one round waits for the processes it killed."""


def kill_all(layout: Layout, path: str, timeout: float = 10.0) -> None:
    """SIGKILL all processes in the cgroup and below, and wait until they are gone. Idempotent.

    v2 has one switch for it; without it, the cgroup is frozen, killed by pidfd and thawed, again
    until nobody is left.

    Raises:
        InvalidArgument: it is the root, or this process's own cgroup or one above it.
        DeadlineExceeded: some live after `timeout` seconds, e.g. in uninterruptible sleep.
    """
    _spare_ourselves(layout, path)
    if not tree.exists(layout, path):
        return
    if _kill_by_switch(layout, path):
        gone = wait_until(lambda: not tree.processes(layout, path), timeout)
    else:
        gone = wait_until(lambda: _round(layout, path), timeout)
    if not gone:
        raise errors.DeadlineExceeded(
            f"kill the processes of cgroup {path}: {sorted(tree.processes(layout, path))} live on "
            f"after {timeout:g} s; see their /proc/PID/stack"
        )


def _spare_ourselves(layout: Layout, path: str) -> None:
    if path == "/" or any(PurePosixPath(own).is_relative_to(path) for own in layout.own.values()):
        raise errors.InvalidArgument(
            f"kill the processes of cgroup {path}: this process lives there too"
        )


def _kill_by_switch(layout: Layout, path: str) -> bool:
    if not layout.is_v2 or layout.unified is None:
        return False
    switch = layout.unified / path.strip("/") / "cgroup.kill"
    try:
        switch.write_text("1")
    except OSError:
        return False
    return True


def _round(layout: Layout, path: str) -> bool:
    """Freeze, kill what is seen, thaw, wait for those; True when nobody was left to kill."""
    if not tree.processes(layout, path):
        return True
    with ExitStack() as handles:
        freezer.freeze_quietly(layout, path)
        try:
            killed = _kill_seen(layout, path, handles)
        finally:
            freezer.thaw_quietly(layout, path)
        _await_exit(killed)
    return not killed


def _kill_seen(layout: Layout, path: str, held: ExitStack) -> list[int]:
    """Signal by pidfd, opened before the membership is read again: a reused pid is never hit."""
    handles = {}
    for pid in tree.processes(layout, path):
        with suppress(ProcessLookupError):
            handles[pid] = os.pidfd_open(pid)
            held.callback(os.close, handles[pid])
    still = tree.processes(layout, path)
    for pid in handles.keys() & still:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(handles[pid], signal.SIGKILL)
    return [handles[pid] for pid in handles.keys() & still]


def _await_exit(handles: list[int]) -> None:
    poll = select.poll()
    for handle in handles:
        poll.register(handle, select.POLLIN)
    waiting = len(handles)
    while waiting:
        exited = poll.poll((deadline.remaining(ROUND) or 0.0) * 1000)
        if not exited:
            return
        for handle, _ in exited:
            poll.unregister(handle)
        waiting -= len(exited)
