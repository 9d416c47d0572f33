"""Serve the API while in a context."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.kubelet.api.routes import Routes
from runtimes.kubelet.api.server import Server
from runtimes.kubelet.api.usage import PERIOD, Sampler

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from runtimes.kubelet.api.metrics import EventCounts
    from runtimes.kubelet.api.sight import Sight

log = logging.getLogger(__name__)


@asynccontextmanager
async def served(sight: Sight, counts: EventCounts, address: tuple[str, int]) -> AsyncIterator[str]:
    """Listen, and give the URL.

    Raises:
        Unavailable: the address is taken, or isn't this host's.
    """
    sampler = Sampler(sight.runtime.stats)
    routes = Routes(sight, sampler, counts)
    server = Server(routes, routes.at_once)
    url = await server.listen(*address)
    sampling = asyncio.create_task(_sample(server, sampler))
    try:
        yield url
    finally:
        sampling.cancel()
        try:
            with suppress(asyncio.CancelledError):
                await sampling
        finally:
            await server.close()


async def _sample(server: Server, sampler: Sampler) -> None:
    while True:
        try:
            await server.work(sampler.sample)
        except (OSError, errors.Error) as error:
            log.debug("look at what containers use: %s", error)
        await asyncio.sleep(PERIOD)
