"""Run an agent from its claim to its end."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runtimes.core.host import open_files
from runtimes.kubelet.agent.about import Announcement
from runtimes.kubelet.agent.agent import Agent, AgentSettings, Node
from runtimes.kubelet.agent.claim import claimed
from runtimes.kubelet.agent.housekeeping import HousekeepingSettings
from runtimes.kubelet.agent.manifests import ManifestFolder
from runtimes.kubelet.api.metrics import EventCounts
from runtimes.kubelet.api.sight import Sight
from runtimes.kubelet.housekeeping.images import ImagePolicy
from runtimes.kubelet.opening import pod_runtime, recorder
from runtimes.kubelet.store.job_runs import JobRuns
from runtimes.kubelet.store.pods import PodStore

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from runtimes.core.backend import Backend
    from runtimes.kubelet.agent.rehearse import Rehearsal
    from runtimes.kubelet.config import KubeletConfig
    from runtimes.kubelet.events import Event, Recorder
    from runtimes.kubelet.manifest.load import Validation

log = logging.getLogger(__name__)
_LAST_WORDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What `runtimes kubelet` was asked for.

    Attributes:
        image_gc: high and low, in percent.
        http: where the API listens; None for nowhere.
    """

    backend: Backend[Any]
    options: object
    kubelet: KubeletConfig
    manifests: Path
    validate: Validation
    stop_pods: bool
    workers: int
    image_gc: tuple[int, int]
    http: tuple[str, int] | None


def serve(serving: Serving) -> bool:
    """Keep the folder's pods until SIGTERM or SIGINT; tell whether every thread has ended.

    Raises:
        FailedPrecondition: another agent has the folder or the root.
        NotFound: there is no such folder.
        Error: the backend can't be opened.
        Unavailable: the API's address is taken.
    """
    kubelet, backend = serving.kubelet, serving.backend
    store = PodStore(kubelet.root, backend.name)
    open_files.allow_many()  # each pod's name is held by one
    with ExitStack() as stack:
        stack.enter_context(claimed(serving.manifests, kubelet.root, backend.name))
        store.sweep()
        JobRuns(kubelet.root, backend.name).sweep()
        service = backend.open(serving.options)
        counts = EventCounts()
        tell = recorder(kubelet.root, backend.name, _both(counts, record))
        runtime = pod_runtime(
            backend,
            service,
            kubelet,
            events=tell,
            is_removed=lambda uid: not store.version(uid),
        )
        stack.enter_context(runtime)
        about = Announcement(kubelet.root, backend.name, str(serving.manifests))
        node = Node(
            runtime=runtime, store=store, config=kubelet, record=tell, report=about.problems
        )
        folder = ManifestFolder(serving.manifests, validate=serving.validate)
        agent = Agent(node, folder, _settings(serving))
        sight = Sight(
            runtime=runtime, store=store, config=kubelet, kept=agent.kept, stalled=agent.stalled
        )
        asyncio.run(_until_signal(agent, about, _api(serving, sight, counts)))
    return _threads_end()


def rehearsed(serving: Serving) -> Rehearsal:
    """Tell what an agent would do now, and do none of it; an agent may be at work meanwhile.

    Raises:
        Error: the backend can't be opened.
    """
    from runtimes.kubelet.agent.rehearse import rehearse

    kubelet, backend = serving.kubelet, serving.backend
    with pod_runtime(backend, backend.open(serving.options), kubelet) as runtime:
        store = PodStore(kubelet.root, backend.name)
        folder = ManifestFolder(serving.manifests, validate=serving.validate)
        return rehearse(runtime, store, folder)


def _api(serving: Serving, sight: Sight, counts: EventCounts) -> AbstractAsyncContextManager[str]:
    """The API's context, which gives its URL; an empty one where there is none."""
    if serving.http is None:
        return nullcontext("")
    from runtimes.kubelet.api.serve import served

    return served(sight, counts, serving.http)


def _both(one: Recorder, other: Recorder) -> Recorder:
    def tell(event: Event) -> None:
        one(event)
        other(event)

    return tell


def record(event: Event) -> None:
    """Log what happens to a pod."""
    level = logging.WARNING if event.warning else logging.INFO
    where = f" container={event.container}" if event.container else ""
    log.log(level, "%s pod=%s%s: %s", event.reason, event.pod_uid, where, event.message)


def _settings(serving: Serving) -> AgentSettings:
    high, low = serving.image_gc
    return AgentSettings(
        workers=serving.workers,
        stop_pods=serving.stop_pods,
        chores=HousekeepingSettings(images=ImagePolicy(high=high, low=min(low, high))),
    )


async def _until_signal(
    agent: Agent, about: Announcement, api: AbstractAsyncContextManager[str]
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with api as url:
        about.http(url)
        log.info("ready, API at %s", url) if url else log.info("ready")
        await agent.run(stop)


def _threads_end() -> bool:
    """Wait a little for threads that Python would wait for; containers go on either way."""
    waited_for = [one for one in threading.enumerate() if not one.daemon]
    for thread in waited_for:
        if thread is not threading.current_thread():
            thread.join(_LAST_WORDS / max(1, len(waited_for)))
    return all(one is threading.current_thread() or not one.is_alive() for one in waited_for)
