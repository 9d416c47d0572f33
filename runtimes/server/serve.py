"""Open a backend and serve it until a signal says to stop."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core.hops import Layer, observed
from runtimes.core.host import open_files
from runtimes.server import claim, systemd
from runtimes.server.doorway import Doorway
from runtimes.server.server import CriServer, Limits
from runtimes.server.streaming.listening import Listening

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.core.cri.services import CriService

_SETTLE_SECONDS = 1.0
SIGNALS = (signal.SIGTERM, signal.SIGINT)
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Serving:
    """Attributes:
    name: of the backend, for the log.
    open: opens the backend, once the socket's path is ours.
    path: of the socket.
    metrics: ``host:port`` for /healthz and /metrics, empty for none.
    streaming: of the streaming server.
    grace: seconds that calls get to finish when the server stops.
    """

    name: str
    open: Callable[[], CriService]
    path: Path
    metrics: str = ""
    grace: float = 10.0
    streaming: Listening = field(default_factory=Listening)
    limits: Limits = field(default_factory=Limits)


def serve(serving: Serving) -> int:
    """Serve until SIGTERM or SIGINT; containers go on. A second signal ends the process at once.

    Returns how many calls the backend is still at work on: their threads would keep the process.

    Raises:
        AlreadyExists: another server has the socket.
        FailedPrecondition: systemd passed sockets that can't be used.
        Error: as the backend raises it when it can't be opened.
    """
    open_files.allow_many()  # each stream has several
    passed = systemd.passed_socket(os.environ, os.getpid())
    doorway = None
    if passed is not None:
        public = Path(passed.getsockname())
        serving = replace(serving, path=public.with_name(f".{public.name}.grpc"))
        doorway = Doorway(passed, serving.path)
    with (
        claim.claimed(serving.path) as held,
        observed(serving.open(), Layer.CRI) as service,
    ):
        return asyncio.run(_serve(serving, held, service, doorway))


async def _serve(
    serving: Serving, held: claim.Claim, service: CriService, doorway: Doorway | None
) -> int:
    asked = _asked_to_stop(held)
    server = CriServer(service, serving.limits)
    if serving.metrics:
        logger.info("metrics at http://%s/metrics", await server.serve_metrics(serving.metrics))
    if base := await server.serve_streams(serving.streaming):
        logger.info("streaming exec, attach and port-forward at %s", base)
    await server.start(held)
    if doorway is not None:
        await doorway.open()
    logger.info(
        "serving backend=%s at unix://%s as runtime.v1 and runtime.v1alpha2",
        serving.name,
        doorway.path if doorway is not None else serving.path,
    )
    systemd.notify(f"READY=1\nSTATUS=Serving backend {serving.name}")
    await asked.wait()
    systemd.notify("STOPPING=1")
    logger.info("stopping: streams end, calls have %g s, containers go on", serving.grace)
    await server.stop(serving.grace)
    if doorway is not None:
        await doorway.close()
    await _settle()
    if server.busy:
        logger.warning("stopped, calls left unfinished: %d", server.busy)
    else:
        logger.info("stopped")
    return server.busy


async def _settle() -> None:
    """Let gRPC's tasks hear that they were cancelled, before the loop is closed under them."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        await asyncio.wait(others, timeout=_SETTLE_SECONDS)


def _asked_to_stop(held: claim.Claim) -> asyncio.Event:
    asked = asyncio.Event()

    def stop(number: int) -> None:
        if asked.is_set():
            held.withdraw()
            os._exit(128 + number)
        asked.set()

    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, stop, number)
    return asked
