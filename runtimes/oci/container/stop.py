"""StopContainer.

Source: CRI StopContainer: "idempotent, and must not return an error if the container has already
been stopped; must forcibly kill after the grace period".
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from runtimes.core import deadline, errors
from runtimes.core.host.process import wait_gone
from runtimes.oci.container import observe, teardown

if TYPE_CHECKING:
    from runtimes.core.host.process import Process
    from runtimes.oci.engine import Engine
    from runtimes.oci.state.record import ContainerRecord


_FIRST_LOOK_SECONDS = 0.01
_LOOK_SECONDS = 0.2


def stop_container(engine: Engine, container_id: str, timeout: int) -> None:
    """Send the stop signal, wait `timeout` seconds, then kill. Idempotent; absent is fine.

    The lock isn't held while waiting: a second call with a shorter grace cuts the first one short.
    The stop signal is sent once, however many call: handlers needn't expect it twice. The kernel
    throws away what the init of a pid namespace has no handler for: one that installs its handler
    only after that, as programs do that have just been started, is told then.

    Raises:
        DeadlineExceeded: the caller's time ran out before the grace period did; it still runs.
    Source: CRI StopContainer.
    """
    with suppress(errors.NotFound):
        container_id = engine.containers.resolve(container_id)
        with engine.containers.lock(container_id):  # a start in progress comes first
            record = engine.containers.load(container_id)
            running = observe.is_running(engine, record)
            lost = running and timeout > 0 and _signal_once(engine, record)
        if running:
            if record.process is not None and timeout > 0:
                _wait_for_grace(record, record.process, float(timeout), lost=lost)
            teardown.kill(engine, record)


def _signal_once(engine: Engine, record: ContainerRecord) -> bool:
    """Tell whether the signal was thrown away."""
    signalled = engine.paths.container(record.id) / "stop-signalled"
    if record.process is None or signalled.exists():
        return False
    lost = record.own_pid_namespace and not record.process.catches(record.stop_signal)
    record.process.kill(record.stop_signal)
    signalled.touch()
    return lost


def _wait_for_grace(
    record: ContainerRecord, process: Process, timeout: float, *, lost: bool
) -> None:
    patience = deadline.remaining()
    limit = timeout if patience is None else min(patience, timeout)
    left = _signal_again(process, record.stop_signal, limit) if lost else limit
    if not wait_gone([process], left) and limit < timeout:
        raise errors.DeadlineExceeded(
            f"stop container '{record.id}': the caller's time ended before its grace period of "
            f"{timeout:g} s; it still runs"
        )


def _signal_again(process: Process, number: int, limit: float) -> float:
    """Send a signal once there is a handler for it, within `limit` seconds; return what is left."""
    end = time.monotonic() + limit
    pause = _FIRST_LOOK_SECONDS
    while (left := end - time.monotonic()) > 0 and not wait_gone([process], min(pause, left)):
        if process.catches(number):
            process.kill(number)
            break
        pause = min(2 * pause, _LOOK_SECONDS)
    return max(0.0, end - time.monotonic())
