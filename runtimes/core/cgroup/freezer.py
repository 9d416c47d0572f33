"""Stop and resume every process of a cgroup.

Source: freezer-subsystem.txt (v1 freezer.state), cgroup-v2.txt (cgroup.freeze, cgroup.events).
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cgroup.wait import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.core.cgroup.layout import Layout

QUIET_TIMEOUT = 0.5


def freeze(layout: Layout, path: str, timeout: float = 5.0) -> None:
    """Suspend the cgroup's processes and those below; return when none runs. Idempotent.

    Raises:
        NotFound: no such cgroup.
        FailedPrecondition: the host has no freezer.
        DeadlineExceeded: some didn't freeze in `timeout` seconds; all run again.
    """
    _write(layout, path, frozen=True)
    if not wait_until(lambda: is_frozen(layout, path), timeout):
        thaw_quietly(layout, path)
        raise errors.DeadlineExceeded(
            f"freeze cgroup {path}: not all processes stopped within {timeout:g} s; they run again"
        )


def thaw(layout: Layout, path: str, timeout: float = 5.0) -> None:
    """Resume the cgroup's processes. Idempotent.

    Raises:
        NotFound: no such cgroup.
        FailedPrecondition: the host has no freezer.
        DeadlineExceeded: it is still frozen, e.g. because an ancestor is.
    """
    _write(layout, path, frozen=False)
    if not wait_until(lambda: not is_frozen(layout, path), timeout):
        raise errors.DeadlineExceeded(
            f"thaw cgroup {path}: still frozen after {timeout:g} s; is an ancestor frozen?"
        )


def is_frozen(layout: Layout, path: str) -> bool:
    """Whether all processes in it are suspended; False for an absent cgroup."""
    directory = layout.directory("freezer", path)
    if directory is None:
        return False
    try:
        if layout.is_v2:
            return "frozen 1" in (directory / "cgroup.events").read_text().splitlines()
        return (directory / "freezer.state").read_text().strip() == "FROZEN"
    except OSError:
        return False


def freeze_quietly(layout: Layout, path: str) -> bool:
    """Freeze if that works within half a second; whether it did."""
    try:
        freeze(layout, path, QUIET_TIMEOUT)
    except errors.Error:
        return False
    return True


def thaw_quietly(layout: Layout, path: str) -> None:
    """Ask for a thaw and don't wait; an absent cgroup or freezer is fine."""
    with suppress(errors.Error):
        _write(layout, path, frozen=False)


def _write(layout: Layout, path: str, *, frozen: bool) -> None:
    switch = _switch(layout, path)
    value = str(int(frozen)) if layout.is_v2 else ("FROZEN" if frozen else "THAWED")
    try:
        switch.write_text(value)
    except FileNotFoundError as error:
        raise errors.NotFound(f"write {value} to {switch}: no such cgroup") from error
    except OSError as error:
        raise errors.FailedPrecondition(
            f"write {value} to {switch}: {error.strerror}; is the cgroup file system read-only?"
        ) from error


def _switch(layout: Layout, path: str) -> Path:
    directory = layout.directory("freezer", path)
    if directory is None:
        raise errors.FailedPrecondition(
            f"freeze cgroup {path}: the freezer controller isn't mounted on this host"
        )
    return directory / ("cgroup.freeze" if layout.is_v2 else "freezer.state")
