"""Remove what no call could name any more: sandboxes and containers without a readable record.

What a killed process left half-way needs no recovery of its own: an interrupted sandbox is listed
and can be removed, and who looks at an interrupted container finishes it or takes it back.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from runtimes.core import errors
from runtimes.rkt_stub.program.app.rm import rm
from runtimes.rkt_stub.program.list import list_pods
from runtimes.rkt_stub.sandbox import teardown

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.core.state.store import Record, Store
    from runtimes.rkt_stub.shim.engine import ShimEngine

    R = TypeVar("R", bound=Record)
log = logging.getLogger(__name__)


def recover(engine: ShimEngine) -> None:
    """Do it, of what nobody is working on; what can't be done now is done by the next.

    While a record of a newer version is there, containers are left to that version: the app that a
    lost record no longer names can't be told from the one that the newer record does.
    """
    _discard_lost(engine.sandboxes, partial(teardown.discard, engine))
    if errors.FailedPrecondition in {
        _fault(engine.containers, one) for one in engine.containers.ids()
    }:
        return
    if _discard_lost(engine.containers, engine.containers.discard):
        _try("apps", partial(_remove_strays, engine))


def _discard_lost(store: Store[R], discard: Callable[[str], object]) -> bool:
    """Whether there was any."""
    lost = [one for one in store.ids() if _is_lost(store, one)]
    for object_id in lost:
        with store.try_lock(object_id) as free:
            if free and _is_lost(store, object_id):
                _try(object_id, partial(discard, object_id))
    return bool(lost)


def _is_lost(store: Store[R], object_id: str) -> bool:
    return _fault(store, object_id) in {errors.NotFound, errors.DataLoss}


def _fault(store: Store[R], object_id: str) -> type[errors.Error] | None:
    """Why its record can't be read; None when it can."""
    try:
        store.load(object_id)
    except errors.Error as error:
        return type(error)
    return None


def _remove_strays(engine: ShimEngine) -> None:
    """Remove apps that no record names; they are listed first, as records are written first."""
    pods = {pod["name"]: pod for pod in list_pods(engine.rkt) if pod["state"] == "running"}
    for sandbox in engine.sandboxes.all():
        uuid = engine.uuid(sandbox.id)
        apps = pods[uuid].get("app_names") if uuid in pods else None
        known = {one.app for one in engine.containers_of(sandbox.id)}
        for app in {*(apps or ())} - known:
            rm(engine.rkt, uuid, app)


def _try(object_id: str, do: Callable[[], object]) -> None:
    log.warning("removing what has no readable record id=%s", object_id)
    try:
        do()
    except (errors.Error, OSError) as error:
        log.warning("recovery is put off id=%s: %s", object_id, error)
