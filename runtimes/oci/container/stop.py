"""StopContainer.

Source: CRI StopContainer: "idempotent, and must not return an error if the container has already
been stopped; must forcibly kill after the grace period".
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from runtimes.core import deadline, errors
from runtimes.core.host.process import wait_gone
from runtimes.oci.container import observe, teardown

if TYPE_CHECKING:
    from runtimes.oci.engine import Engine
    from runtimes.oci.state.record import ContainerRecord


def stop_container(engine: Engine, container_id: str, timeout: int) -> None:
    """Send the stop signal, wait `timeout` seconds, then kill. Idempotent; absent is fine.

    The lock isn't held while waiting: a second call with a shorter grace cuts the first one short.
    The stop signal is sent once, however many call: handlers needn't expect it twice.

    Raises:
        DeadlineExceeded: the caller's time ran out before the grace period did; it still runs.
    Source: CRI StopContainer.
    """
    with suppress(errors.NotFound):
        container_id = engine.containers.resolve(container_id)
        with engine.containers.lock(container_id):  # a start in progress comes first
            record = engine.containers.load(container_id)
            running = observe.is_running(engine, record)
            if running and timeout > 0:
                _signal_once(engine, record)
        if running:
            if record.process is not None and timeout > 0:
                _wait_for_grace(record, float(timeout))
            teardown.kill(engine, record)


def _signal_once(engine: Engine, record: ContainerRecord) -> None:
    signalled = engine.paths.container(record.id) / "stop-signalled"
    if record.process is not None and not signalled.exists():
        record.process.kill(record.stop_signal)
        signalled.touch()


def _wait_for_grace(record: ContainerRecord, timeout: float) -> None:
    assert record.process is not None  # noqa: S101 -- the caller has looked
    patience = deadline.remaining()
    if patience is None or patience >= timeout:
        wait_gone([record.process], timeout)
    elif not wait_gone([record.process], patience):
        raise errors.DeadlineExceeded(
            f"stop container '{record.id}': the caller's time ended before its grace period of "
            f"{timeout:g} s; it still runs"
        )
