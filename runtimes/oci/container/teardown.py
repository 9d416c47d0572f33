"""Take containers apart, from whatever state they are in. Every step is idempotent."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cgroup import kill as cgroup_kill
from runtimes.core.cgroup import tree
from runtimes.core.host.process import Process, wait_gone
from runtimes.oci.container import image_volumes
from runtimes.oci.snapshot import rootfs
from runtimes.oci.state import stragglers
from runtimes.oci.state.record import ContainerPhase

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from runtimes.oci.engine import Engine
    from runtimes.oci.state.record import ContainerRecord

_SECONDS = 10.0
_KEPT = ("record.json", "record.json.tmp")


def kill_all(engine: Engine, records: Iterable[ContainerRecord]) -> None:
    """Kill several containers at once and wait until nothing of them runs.

    Raises:
        DeadlineExceeded: a process doesn't die, e.g. in uninterruptible sleep.
    """
    present = [record for record in records if _is_of_this_boot(engine, record)]
    for record in present:
        if record.process is not None:
            record.process.kill()
    for record in present:
        kill(engine, record)


def kill(engine: Engine, record: ContainerRecord) -> None:
    """Kill every process of a container, and wait for its monitor to note the exit.

    Raises:
        DeadlineExceeded: a process doesn't die.
    """
    if not _is_of_this_boot(engine, record):
        return
    if record.phase is ContainerPhase.STARTING:
        stragglers.kill(record.id)
    if record.process is not None:
        record.process.kill()
        _await_death(record, record.process)
    if record.cgroup_path and tree.processes(engine.cgroups, record.cgroup_path):
        cgroup_kill.kill_all(engine.cgroups, record.cgroup_path)
    end_monitor(record)


def _is_of_this_boot(engine: Engine, record: ContainerRecord) -> bool:
    return record.boot_id == engine.boot_id


def _await_death(record: ContainerRecord, process: Process) -> None:
    if not wait_gone([process], _SECONDS):
        raise errors.DeadlineExceeded(
            f"kill container '{record.id}': process {process.pid} lives on {_SECONDS:g} s after "
            f"SIGKILL; see /proc/{process.pid}/stack"
        )


def end_monitor(record: ContainerRecord) -> None:
    """Wait until the exit is noted; a monitor that doesn't end by itself is killed."""
    if record.monitor is not None and not wait_gone([record.monitor], _SECONDS):
        record.monitor.kill()
        wait_gone([record.monitor], _SECONDS)


def remove(engine: Engine, container_id: str) -> None:
    """Remove a container with everything of it, whatever it does now. Absent is fine.

    Raises:
        DeadlineExceeded: a process doesn't die.
    """
    with suppress(errors.NotFound), engine.containers.lock(container_id) as record:
        destroy(engine, record)


def destroy(engine: Engine, record: ContainerRecord) -> None:
    """The same; the caller holds the lock."""
    kill(engine, record)
    if record.phase is not ContainerPhase.REMOVING:
        engine.containers.note(replace(record, phase=ContainerPhase.REMOVING))
    remove_cgroup(engine, record.cgroup_path)
    remove_files(engine, record.id)
    engine.containers.delete(record)


def remove_cgroup(engine: Engine, path: str) -> None:
    """Kill what still lives in a cgroup, and remove it; empty or absent is fine."""
    if not path:
        return
    if tree.processes(engine.cgroups, path):
        cgroup_kill.kill_all(engine.cgroups, path)
    tree.remove(engine.cgroups, path)


def remove_files(engine: Engine, container_id: str) -> None:
    """Remove what a container has on disk and in the runtime's memory, all but its record."""
    folder = engine.containers.folder(container_id)
    image_volumes.remove(folder)
    rootfs.remove(folder)
    engine.runtime.forget(container_id)
    engine.paths.exit_file(container_id).unlink(missing_ok=True)
    for entry in os.scandir(folder):
        if entry.name not in _KEPT:
            _remove(folder / entry.name)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
