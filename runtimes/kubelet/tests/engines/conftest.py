"""A kubelet on real engines: the embedded backend in process, and containerd over its socket."""

from __future__ import annotations

import os
import secrets
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.bench import Run
from runtimes.contract.engines.cgroups import remove_group
from runtimes.contract.provide import provide
from runtimes.contract.subject import Subject
from runtimes.core import configure, discovery
from runtimes.core.logs import read
from runtimes.kubelet.config import KubeletConfig
from runtimes.kubelet.generic.node import Surroundings
from runtimes.kubelet.generic.runtime import GenericRuntime
from runtimes.kubelet.store.pods import PodStore
from runtimes.kubelet.tests.builders import container, pod, with_meta
from runtimes.kubelet.worker import PodWorker, WorkerSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runtimes.contract.engines.session import EngineSession
    from runtimes.core.pod import v1
    from runtimes.core.pod.status import ContainerStatus
    from runtimes.kubelet.events import Event, EventReason
    from runtimes.kubelet.status.view import PodView

PATIENCE = 60.0


@dataclass
class RealKubelet:
    """Applies pods under names of their own, and removes them at the end."""

    runtime: GenericRuntime
    image: str
    config: KubeletConfig
    folder: Path
    subject: Subject
    events: list[Event] = field(default_factory=list)
    workers: list[PodWorker] = field(default_factory=list)

    def script(self, text: str, name: str = "app", **fields: object) -> v1.Container:
        """A container that runs a script, with both its outputs in one order."""
        command = ("sh", "-c", f"exec 2>&1; {text}")
        return container(name, image=self.image, command=command, **fields)

    def worker(self, *containers: v1.Container, **spec: object) -> PodWorker:
        spec.setdefault("policy", "Never")
        spec.setdefault("termination_grace_period_seconds", 1)
        store = PodStore(self.config.root, self.runtime.name)
        name = f"pod-{secrets.token_hex(3)}"
        applied = store.apply(with_meta(pod(*containers, **spec), uid="", name=name))  # type: ignore[arg-type]  # fields of a spec
        settings = WorkerSettings(record=self.events.append)
        worker = PodWorker(
            self.runtime, applied.pod, store=store, fresh=applied.created, settings=settings
        )
        self.workers.append(worker)
        return worker

    def successor(self, worker: PodWorker) -> PodWorker:
        """Another process's worker of the same pod."""
        store = PodStore(self.config.root, self.runtime.name)
        return PodWorker(self.runtime, worker.pod, store=store)

    def told(self, worker: PodWorker) -> list[EventReason]:
        uid = worker.pod.metadata.uid
        return [event.reason for event in self.events if event.pod_uid == uid]

    def output(self, *containers: v1.Container, **spec: object) -> str:
        """Run a pod to its good end and give what its first container wrote."""
        worker = self.worker(*containers, **spec)
        view = worker.run(timeout=PATIENCE)
        text = self.log(view)
        assert view.phase == "Succeeded", (view.status, view.result.describe(), text)
        return text

    def log(self, view: PodView, name: str = "app") -> str:
        status = view.observed.latest(name)
        assert status is not None, view.result
        return self.log_of(status)

    def log_of(self, status: ContainerStatus) -> str:
        from pathlib import Path

        return b"".join(entry.render() for entry in read(Path(status.log_path))).decode()


def subject_of(name: str, folder: Path, engines: EngineSession, **words: str) -> Subject:
    if name == "oci":
        backend = discovery.load("oci")
        words |= {
            "root": str(folder / "oci"),
            "run_root": str(folder / "run"),
            "bridge": f"rtk{os.getpid():x}",
        }
        registry = ""
    else:
        env = engines.env("containerd")
        backend = discovery.load("cri")
        words |= {"endpoint": env["CONTAINER_RUNTIME_ENDPOINT"]}
        registry = env.get("RUNTIMES_TEST_REGISTRY", "")
    options: object = configure.fill(backend.options, words)
    return Subject(
        name=name,
        open=lambda: backend.open(options),
        claims=backend.capabilities,
        registry=registry,
    )


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("oci", marks=[pytest.mark.needs_oci, pytest.mark.needs_root]),
        pytest.param("cri", marks=[pytest.mark.needs_containerd, pytest.mark.needs_root]),
    ],
)
def engine(
    request: pytest.FixtureRequest,
    runtimes_engines: EngineSession,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[RealKubelet]:
    with ExitStack() as stack:
        if request.param == "oci":
            folder = tmp_path_factory.mktemp(request.param)
        else:
            folder = stack.enter_context(runtimes_engines.folder_shared_with("containerd"))
        folder.chmod(0o755)
        yield from kubelet_on(request.param, folder, runtimes_engines)


def kubelet_on(
    name: str, folder: Path, engines: EngineSession, **words: str
) -> Iterator[RealKubelet]:
    """Open a backend; `words` are further options of it."""
    subject = subject_of(name, folder, engines, **words)
    config = KubeletConfig(
        root=folder / "kubelet",
        log_root=folder / "logs",
        cgroup_root=f"rtk{secrets.token_hex(3)}",
        host_ip="192.0.2.7",
    )
    with subject.open() as service:
        image = provide(Run("rtk", subject, service, folder))
        events: list[Event] = []
        around = Surroundings(record=events.append)
        runtime = GenericRuntime(service, name=subject.name, config=config, around=around)
        yield RealKubelet(runtime, image, config, folder, subject, events)
    if name == "oci":
        uninstall(folder / "run", f"rtk{os.getpid():x}")
    remove_group(config.cgroup_root)


def uninstall(run_root: Path, bridge: str) -> None:
    """The network of a root that nobody will use again."""
    from runtimes.cni.bridge.builtin import BuiltinBridge
    from runtimes.cni.bridge.segment import BridgeOptions

    BuiltinBridge(run_root / "network/bridge", BridgeOptions(bridge)).uninstall()


@pytest.fixture
def real(engine: RealKubelet) -> Iterator[RealKubelet]:
    yield engine
    while engine.workers:
        engine.workers.pop().remove()
