"""Run an agent from its claim to its end."""

from __future__ import annotations

import asyncio
import logging
import resource
import signal
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from runtimes.kubelet.agent.about import AgentInfo, this_process, write
from runtimes.kubelet.agent.agent import Agent, AgentSettings, Node
from runtimes.kubelet.agent.claim import claimed
from runtimes.kubelet.agent.housekeeping import HousekeepingSettings
from runtimes.kubelet.agent.manifests import ManifestFolder
from runtimes.kubelet.housekeeping.images import ImagePolicy
from runtimes.kubelet.opening import pod_runtime, recorder
from runtimes.kubelet.store.pods import PodStore

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.core.backend import Backend
    from runtimes.kubelet.config import KubeletConfig
    from runtimes.kubelet.events import Event
    from runtimes.kubelet.manifest.load import Validation

log = logging.getLogger(__name__)
_LAST_WORDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What `runtimes kubelet` was asked for; `image_gc` is high and low, in percent."""

    backend: Backend[Any]
    options: object
    kubelet: KubeletConfig
    manifests: Path
    validate: Validation
    stop_pods: bool
    workers: int
    image_gc: tuple[int, int]


def serve(serving: Serving) -> bool:
    """Keep the folder's pods until SIGTERM or SIGINT; tell whether every thread has ended.

    Raises:
        FailedPrecondition: another agent has the folder or the root.
        NotFound: there is no such folder.
        Error: the backend can't be opened.
    """
    kubelet, backend = serving.kubelet, serving.backend
    store = PodStore(kubelet.root, backend.name)
    _allow_files()
    with ExitStack() as stack:
        stack.enter_context(claimed(serving.manifests, kubelet.root, backend.name))
        service = backend.open(serving.options)
        tell = recorder(kubelet.root, backend.name, record)
        runtime = pod_runtime(
            backend,
            service,
            kubelet,
            events=tell,
            is_removed=lambda uid: not store.version(uid),
        )
        stack.enter_context(runtime)
        about = AgentInfo(
            process=this_process(), started_ns=time.time_ns(), manifests=str(serving.manifests)
        )

        def report(problems: dict[str, str]) -> None:
            write(kubelet.root, backend.name, replace(about, problems=problems))

        report({})
        node = Node(runtime=runtime, store=store, config=kubelet, record=tell, report=report)
        folder = ManifestFolder(serving.manifests, validate=serving.validate)
        asyncio.run(_until_signal(Agent(node, folder, _settings(serving))))
    return _threads_end()


def _allow_files() -> None:
    """As many as the host lets us: each pod's name is held by one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


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


async def _until_signal(agent: Agent) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    log.info("ready")
    await agent.run(stop)


def _threads_end() -> bool:
    """Wait a little for threads that Python would wait for; containers go on either way."""
    waited_for = [one for one in threading.enumerate() if not one.daemon]
    for thread in waited_for:
        if thread is not threading.current_thread():
            thread.join(_LAST_WORDS / max(1, len(waited_for)))
    return all(one is threading.current_thread() or not one.is_alive() for one in waited_for)
