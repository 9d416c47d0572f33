"""Look at a container now: its record, its exit file, its process, its cgroup.

exit file there                     exited, as it says
process or monitor alive            running (the exit file is written before the monitor ends)
neither, or another boot            exited, nobody knows how: that is noted once, for all
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.oci.state import exit_file
from runtimes.oci.state.derive import KILLED_EXIT_CODE, Condition, State, condition
from runtimes.oci.state.exit_file import LOST_EXIT_CODE, Exit
from runtimes.oci.state.record import ContainerPhase

if TYPE_CHECKING:
    from runtimes.oci.engine import Engine
    from runtimes.oci.state.record import ContainerRecord

_FULL = {errno.ENOSPC, errno.EDQUOT}
_OOM_FILE = "oom"  # conmon leaves it in the bundle, and it survives a reboot


def observe(engine: Engine, record: ContainerRecord) -> Condition:
    """Tell what a container is in."""
    ended = _ended(engine, record) if record.started_at_ns else None
    return condition(record, ended, oom_killed=ended is not None and _oom(engine, record, ended))


def is_running(engine: Engine, record: ContainerRecord) -> bool:
    return observe(engine, record).state is State.RUNNING


def _ended(engine: Engine, record: ContainerRecord) -> Exit | None:
    path = engine.paths.exit_file(record.id)
    ended = exit_file.read(path)
    if ended is not None or _may_run(engine, record):
        return ended
    ended = exit_file.read(path)  # it may have ended between the two looks
    return _lost(engine, record) if ended is None else ended


def _lost(engine: Engine, record: ContainerRecord) -> Exit | None:
    """Note an exit that nobody knows; not for one that is being removed, as nobody would clear it.

    Removal saves its phase before it unlinks the note, so whichever comes last leaves none.
    """
    path, why = engine.paths.exit_file(record.id), _why_lost(engine, record)
    try:
        exit_file.write_lost(path, why)
    except OSError as error:
        if error.errno not in _FULL:
            raise
        return Exit(LOST_EXIT_CODE, record.started_at_ns, why)  # noted by a later look
    ended = exit_file.read(path)
    if _is_removed(engine, record):
        path.unlink(missing_ok=True)
    return ended


def _is_removed(engine: Engine, record: ContainerRecord) -> bool:
    try:
        return engine.containers.load(record.id).phase is ContainerPhase.REMOVING
    except errors.NotFound:
        return True


def _may_run(engine: Engine, record: ContainerRecord) -> bool:
    if record.boot_id != engine.boot_id:
        return False
    return any(each is not None and each.alive for each in (record.process, record.monitor))


def _why_lost(engine: Engine, record: ContainerRecord) -> str:
    if record.boot_id != engine.boot_id:
        return "the host was rebooted while it ran"
    return "its monitor was killed, so its exit code is unknown"


def _oom(engine: Engine, record: ContainerRecord, ended: Exit) -> bool:
    if ended.code != KILLED_EXIT_CODE:
        return False
    from runtimes.core.cgroup import oom

    kills = oom.oom_kills(engine.cgroups, record.cgroup_path)
    noted = (engine.containers.folder(record.id) / _OOM_FILE).exists()
    return oom.was_oom_killed(ended.code, kills) or noted
