"""The containers of a sandbox, as far as the sandbox's own end is theirs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from typing import TYPE_CHECKING

from runtimes.core import errors, labels
from runtimes.core.docker.interface import ListOptions
from runtimes.dockershim.container import remove as container_remove
from runtimes.dockershim.container import stop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from runtimes.dockershim.engine import Engine

_AT_ONCE = 8


def of(engine: Engine, sandbox_id: str) -> list[str]:
    """Their ids, asked of Docker itself: one that was just made must not be missed."""
    wanted = [f"{labels.DOCKER_SANDBOX_ID}={sandbox_id}"]
    found = engine.docker.list_containers(ListOptions(all=True, filters={"label": wanted}))
    return [summary["Id"] for summary in found]


def kill(engine: Engine, ids: Iterable[str]) -> None:
    """Stop them without a grace period; one that has ended, or is gone, is fine.

    Raises:
        Error: the first one's that couldn't be killed, after all were tried.
    """

    def end(container_id: str) -> None:
        with suppress(errors.NotFound):
            stop.stop(engine, container_id, 0)

    _each(end, ids)


def remove(engine: Engine, ids: Iterable[str]) -> None:
    """Remove them with their anonymous volumes, running or not; one that is gone is fine.

    Raises: as `kill`.
    """

    def take(container_id: str) -> None:
        with suppress(errors.NotFound):
            container_remove.remove(engine, container_id)

    _each(take, ids)


def _each(act: Callable[[str], None], ids: Iterable[str]) -> None:
    """Do it to all at once; deadlines follow into the threads."""
    listed = list(ids)
    if len(listed) == 1:
        act(listed[0])
    elif listed:
        with ThreadPoolExecutor(min(len(listed), _AT_ONCE)) as pool:
            done = [pool.submit(copy_context().run, act, one) for one in listed]
        for one in done:
            one.result()
