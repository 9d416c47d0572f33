"""A kubelet on the in-memory CRI service, with a clock that tests turn by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from msgspec.structs import replace

from runtimes.contract.fake.clock import ManualClock
from runtimes.contract.fake.service import FakeCri
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.pod.backoff import Backoff
from runtimes.kubelet.config import KubeletConfig
from runtimes.kubelet.generate.objects import NO_OBJECTS
from runtimes.kubelet.generic.node import Surroundings
from runtimes.kubelet.generic.runtime import GenericRuntime
from runtimes.kubelet.store.pods import PodStore
from runtimes.kubelet.tests.builders import container
from runtimes.kubelet.worker import PodWorker, WorkerSettings

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.core.pod import v1
    from runtimes.core.pod.status import ContainerStatus, PodStatus, RunningPod
    from runtimes.core.pod.sync import PodSyncResult
    from runtimes.kubelet.events import Event, EventReason
    from runtimes.kubelet.generate.objects import ObjectSource


@dataclass
class Bench:
    root: Path
    clock: ManualClock = field(default_factory=ManualClock)
    events: list[Event] = field(default_factory=list)
    removed: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.service = FakeCri(clock=self.clock)
        self.config = KubeletConfig(
            root=self.root / "kubelet", log_root=self.root / "logs", host_ip="192.0.2.7"
        )
        self.runtime = self.another()
        self.store = PodStore(self.config.root, "fake")
        self.backoff = Backoff(clock=lambda: self.clock.now_ns() / 1e9)

    def another(self, objects: ObjectSource | None = None) -> GenericRuntime:
        """A second runtime on the same service, as another process has it."""
        around = Surroundings(
            record=self.events.append,
            objects=objects or NO_OBJECTS,
            is_removed=self.removed.__contains__,
            now_ns=self.clock.now_ns,
        )
        return GenericRuntime(self.service, name="fake", config=self.config, around=around)

    def worker(self, pod: v1.Pod, *, fresh: bool = False) -> PodWorker:
        """A worker on this bench's clock; the pod is applied to the store first."""
        settings = WorkerSettings(
            backoff=self.backoff, record=self.events.append, now_ns=self.clock.now_ns
        )
        anonymous = replace(pod, metadata=replace(pod.metadata, uid=""))
        applied = self.store.apply(anonymous)
        return PodWorker(
            self.runtime, applied.pod, store=self.store, fresh=fresh, settings=settings
        )

    def sync(self, pod: v1.Pod, runtime: GenericRuntime | None = None) -> PodSyncResult:
        used = runtime or self.runtime
        return used.sync_pod(pod, self.status(pod), (), self.backoff)

    def status(self, pod: v1.Pod) -> PodStatus:
        meta = pod.metadata
        return self.runtime.get_pod_status(meta.uid, meta.name, meta.namespace)

    def latest(self, pod: v1.Pod, name: str = "app") -> ContainerStatus:
        found = self.status(pod).latest(name)
        assert found is not None
        return found

    def running(self, pod: v1.Pod) -> RunningPod:
        """What `get_pods` has of it."""
        pods = self.runtime.get_pods(include_exited=True)
        return next(one for one in pods if one.uid == pod.metadata.uid)

    def running_ids(self, pod: v1.Pod) -> list[str]:
        return [one.id for one in self.running(pod).containers] or ["gone"]

    def config_of(self, container_id: str) -> cri.ContainerConfig:
        """What the service was asked to create."""
        made = [call.arguments for call in self.service.calls if call.rpc == "CreateContainer"]
        name = self.service.container_status(container_id).status.metadata
        configs = [one[1] for one in made if isinstance(one[1], cri.ContainerConfig)]
        return next(config for config in configs if config.metadata == name)

    @property
    def rpcs(self) -> list[str]:
        return [call.rpc for call in self.service.calls]

    @property
    def told(self) -> list[EventReason]:
        return [event.reason for event in self.events]

    def log(self, pod: v1.Pod, name: str = "app", attempt: int = 0) -> str:
        """The text of a container's log, without times and streams."""
        meta = pod.metadata
        folder = self.config.log_root / f"{meta.namespace}_{meta.name}_{meta.uid}"
        lines = (folder / name / f"{attempt}.log").read_text().splitlines()
        return "".join(line.split(" ", 3)[3] + "\n" for line in lines if line)


def script(text: str, name: str = "app", **fields: object) -> v1.Container:
    """A container that runs a shell script."""
    return container(name, command=("sh", "-c", text), **fields)
