"""A folder of manifests and the agents that keep it, on the in-memory service."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from runtimes.kubelet.agent.agent import Agent, AgentSettings, Node
from runtimes.kubelet.agent.housekeeping import HousekeepingSettings
from runtimes.kubelet.agent.manifests import ManifestFolder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runtimes.core.pod import v1
    from runtimes.core.pod.status import RunningPod
    from runtimes.kubelet.tests.bench import Bench

Answer = TypeVar("Answer")

MANIFEST = """\
apiVersion: v1
kind: Pod
metadata: {{name: {name}}}
spec:
  terminationGracePeriodSeconds: 1
  restartPolicy: {policy}
  containers:
  - {{name: app, image: busybox, imagePullPolicy: IfNotPresent, command: [sh, -c, "{app}"]}}
  - {{name: side, image: busybox, imagePullPolicy: IfNotPresent, command: [sh, -c, "{side}"]}}
"""
FOREVER = "sleep 100000"


@dataclass
class Running:
    """An agent in a thread; `reports` are what it said of its folder."""

    bench: Bench
    folder: Path
    stop_pods: bool = False
    stop: Callable[[], None] = field(default=lambda: None)
    reports: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.started = threading.Event()
        self.failure: BaseException | None = None
        self.thread = threading.Thread(target=self._run)
        self.thread.start()
        self.started.wait(10)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - shown by the test's own thread
            self.failure = error

    async def _serve(self) -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        self.stop = lambda: loop.call_soon_threadsafe(stop.set)  # type: ignore[assignment]  # a handle nobody needs
        bench = self.bench
        node = Node(
            runtime=bench.runtime,
            store=bench.store,
            config=bench.config,
            record=bench.events.append,
            report=self.reports.append,
        )
        settings = AgentSettings(
            rescan=0.2, stop_pods=self.stop_pods, chores=HousekeepingSettings()
        )
        agent = Agent(node, ManifestFolder(self.folder), settings)
        self.started.set()
        await agent.run(stop)

    def end(self) -> None:
        self.stop()
        self.thread.join(30)
        if self.failure is not None:
            raise self.failure


@dataclass
class House:
    """A folder of manifests and the agents that keep it."""

    bench: Bench
    folder: Path
    agents: list[Running] = field(default_factory=list)

    def agent(self, *, stop_pods: bool = False) -> Running:
        self.agents.append(Running(self.bench, self.folder, stop_pods))
        return self.agents[-1]

    def write(
        self, name: str = "web", app: str = FOREVER, side: str = FOREVER, policy: str = "Always"
    ) -> Path:
        path = self.folder / f"{name}.yaml"
        half = self.folder / f".{name}"
        half.write_text(MANIFEST.format(name=name, app=app, side=side, policy=policy))
        half.rename(path)
        return path

    def running(self) -> dict[str, str]:
        """Ids by ``<pod>/<container>`` of what runs."""
        pods = self.bench.runtime.get_pods()
        return {f"{pod.name}/{one.name}": one.id for pod in pods for one in pod.containers}

    def pods(self) -> list[RunningPod]:
        return self.bench.runtime.get_pods(include_exited=True)

    def recorded(self) -> list[v1.Pod]:
        return self.bench.store.list()

    def until(self, ask: Callable[[], Answer], patience: float = 30.0) -> Answer:
        for _ in range(int(patience / 0.02)):
            if answer := ask():
                return answer
            threading.Event().wait(0.02)
        raise AssertionError(f"not within {patience} s: {self.running()} {self.bench.told}")


BOTH = {"web/app", "web/side"}
"""What runs of the pod that `House.write` asks for."""
