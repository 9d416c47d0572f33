"""What has become of a container: asked of rkt until it has ended, and then of its record.

rkt says          record            then it is
created                             CREATED
running                             RUNNING
exited, code      -                 EXITED; written down, since rkt forgets with the pod
nothing           not added         nothing: whoever created it was killed; the record goes
nothing, or running in a pod that   EXITED, 137: it was killed with its pod
  doesn't run
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.rkt_stub.container import teardown
from runtimes.rkt_stub.launch.follow import WHOLE
from runtimes.rkt_stub.launch.unit import supervised
from runtimes.rkt_stub.program.app.status import status
from runtimes.rkt_stub.program.list import find_pod
from runtimes.rkt_stub.shim.record import ContainerRecord, End

if TYPE_CHECKING:
    from runtimes.rkt_stub.program.shapes import App
    from runtimes.rkt_stub.shim.engine import ShimEngine

KILLED, SIGKILL = 137, 9
EXEC_FAILED = 203
_LAST_LINES = 5.0
_PAUSE = 0.005
_ALIVE = {"created": cri.CONTAINER_CREATED, "running": cri.CONTAINER_RUNNING}
_KNOWN = {*_ALIVE, "exited"}


@dataclass(frozen=True, slots=True)
class Observed:
    """Attributes:
    end: how it ended; None while it hasn't.
    """

    state: cri.ContainerState.ValueType
    started_at_ns: int = 0
    end: End | None = None


def observe(engine: ShimEngine, record: ContainerRecord) -> Observed:
    """Look; what has ended is written down on the way.

    Raises:
        NotFound: it was removed meanwhile, or its creation was interrupted.
    """
    if record.end is not None:
        return _ended(record.end)
    app = None
    if record.added:
        app = status(engine.rkt, engine.uuid(record.sandbox_id), record.app)
        alive = _alive(engine, record, app)
        if alive is not None:
            return alive
    with engine.containers.lock(record.id) as locked:
        return look(engine, locked, app)


def look(engine: ShimEngine, record: ContainerRecord, seen: App | None = None) -> Observed:
    """As `observe`, for whoever holds the container's lock: nobody adds or removes it meanwhile.

    What was `seen` of it before counts if it had ended then, since nothing starts it again.
    """
    if record.end is not None:
        return _ended(record.end)
    uuid = engine.uuid(record.sandbox_id)
    app = seen
    if app is None or app["state"] != "exited" or "exit_code" not in app:
        with engine.changing(record) as rkt:
            app = status(rkt, uuid, record.app)
    if not record.added:
        record = _confirmed(engine, record, app)
    alive = _alive(engine, record, app)
    if alive is not None:
        return alive
    if app is None:
        _must_be_gone(engine, record, uuid)
    _wait_for_log(engine, record, app)
    end = end_of(record, app, time.time_ns())
    engine.containers.save(replace(record, end=end))
    return _ended(end)


def _confirmed(engine: ShimEngine, record: ContainerRecord, app: App | None) -> ContainerRecord:
    """Go on with what a killed caller had rkt add, or take back what it hadn't."""
    if app is None or app["state"] not in _KNOWN:
        teardown.take_back(engine, record)
        raise errors.NotFound(
            f"container '{record.id}' isn't there: its creation was interrupted; create it again"
        )
    confirmed = replace(record, added=True)
    engine.containers.save(confirmed, durable=False)
    return confirmed


def _alive(engine: ShimEngine, record: ContainerRecord, app: App | None) -> Observed | None:
    if app is None or app["state"] not in _ALIVE or not _pod_runs(engine, record):
        return None
    return Observed(_ALIVE[app["state"]], app.get("started_at", 0))


def _ended(end: End) -> Observed:
    return Observed(cri.CONTAINER_EXITED, end.started_at_ns, end)


def _pod_runs(engine: ShimEngine, record: ContainerRecord) -> bool:
    """`app status` of a pod that was killed still says what it said before."""
    if supervised(engine.folder(record.sandbox_id)):
        return True
    pod = find_pod(engine.rkt, engine.uuid(record.sandbox_id))
    return pod is not None and pod["state"] == "running"


def _must_be_gone(engine: ShimEngine, record: ContainerRecord, uuid: str) -> None:
    """Don't take a passing refusal for the end of a container."""
    pod = find_pod(engine.rkt, uuid)
    if pod is None or pod["state"] != "running":
        return
    if record.app in (pod.get("app_names") or ()):
        raise errors.Internal(
            f"look at container '{record.id}': rkt lists its app '{record.app}', but doesn't tell"
            " its status"
        )


def end_of(record: ContainerRecord, app: App | None, now_ns: int) -> End:
    """How it ended. Pure.

    rkt tells the bare number of a signal, which may as well be a program's own code: only a kill
    that is on record is known for one.
    """
    code = None if app is None else app.get("exit_code")
    started = 0 if app is None else app.get("started_at", 0)
    finished = 0 if app is None else app.get("finished_at", 0)
    if record.killed and code in {None, SIGKILL}:
        return End(KILLED, started, finished or now_ns, "Error")
    if code is None:
        message = "it was killed with its pod; rkt wrote no exit code down"
        return End(KILLED, started, finished or now_ns, "ContainerStatusUnknown", message)
    return End(code, started, finished or now_ns, "Error" if code else "Completed")


def settle(engine: ShimEngine, container_id: str) -> None:
    """Write down how a container ended, unless that is known; it must have."""
    with engine.containers.lock(container_id) as record:
        if record.end is not None:
            return
        app = status(engine.rkt, engine.uuid(record.sandbox_id), record.app)
        end = end_of(record, app, time.time_ns())
        engine.containers.save(replace(record, end=end))


def _wait_for_log(engine: ShimEngine, record: ContainerRecord, app: App | None) -> None:
    """Who sees that it has ended finds its whole log."""
    if not record.log_path or app is None or not app.get("started_at"):
        return
    whole = engine.logs(record.sandbox_id) / f"{record.app}{WHOLE}"
    until = time.monotonic() + _LAST_LINES
    folder = engine.folder(record.sandbox_id)
    while not whole.exists() and supervised(folder) and time.monotonic() < until:
        time.sleep(_PAUSE)
