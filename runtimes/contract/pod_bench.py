"""What a test of the profile `pod` works with: applies manifests, and removes their pods."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from runtimes.contract.workbench import Workbench
from runtimes.core import logs
from runtimes.core.pod.backoff import Backoff
from runtimes.kubelet.manifest.load import load, pods
from runtimes.kubelet.worker import PodWorker, WorkerSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.contract.subject import Subject
    from runtimes.core.capability import Capability
    from runtimes.core.pod import v1
    from runtimes.core.pod.runtime import PodRuntime
    from runtimes.core.pod.status import ContainerStatus
    from runtimes.kubelet.status.view import PodView

PATIENCE = 30.0
POLL = 0.02
QUICK_BACKOFF = 0.2
_HEAD = """\
apiVersion: v1
kind: Pod
metadata:
  name: {name}
  namespace: runtimes-contract
  labels: {{run: {run}}}
spec:
"""


@dataclass(slots=True)
class PodRun:
    """One run of the profile against one subject; fields as of `runtimes.contract.bench.Run`.

    Attributes:
        bring: brings the suite's busybox, and gives its name.
    """

    id: str
    subject: Subject
    runtime: PodRuntime
    folder: Path
    bring: Callable[[], str]
    _image: str = ""
    _count: int = 0

    @property
    def image(self) -> str:
        """The suite's busybox; a runtime that is being written may pass tests that need none."""
        if not self._image:
            self._image = self.bring()
        return self._image

    def number(self) -> int:
        self._count += 1
        return self._count


@dataclass(slots=True)
class AppliedPod:
    """A pod and who drives it."""

    pod: v1.Pod
    worker: PodWorker
    runtime: PodRuntime

    def finish(self) -> PodView:
        """Drive it until it has ended."""
        return self.worker.run(timeout=PATIENCE)

    def until(self, done: Callable[[PodView], bool]) -> PodView:
        """Drive it until `done`; fail if it ends before."""
        view = self.worker.run(done, PATIENCE)
        assert done(view), f"the pod ended: {view.status}"
        return view

    def wait_log(self, container: str, text: str) -> None:
        """Wait until a container has written `text`; a pod's views tell of states, not of logs."""
        end = time.monotonic() + PATIENCE
        while text not in self.log(container):
            assert time.monotonic() < end, f"waited for {text!r} in the log of {container}"
            time.sleep(POLL)

    def containers(self, name: str) -> list[ContainerStatus]:
        """Every attempt of a container that the runtime still has, the newest first."""
        meta = self.pod.metadata
        status = self.runtime.get_pod_status(meta.uid, meta.name, meta.namespace)
        return [one for one in status.containers if one.name == name]

    def log(self, container: str, attempt: int | None = None) -> str:
        """What a container wrote in its newest run, or in that attempt."""
        chosen = next(
            one
            for one in self.containers(container)
            if attempt is None or one.restart_count == attempt
        )
        texts = (entry.text for entry in logs.read(Path(chosen.log_path)))
        return b"".join(texts).decode(errors="replace")


@dataclass(slots=True)
class PodBench(Workbench):
    """The fixture `contract_pod`; one per test."""

    run: PodRun

    @property
    def runtime(self) -> PodRuntime:
        return self.run.runtime

    def claims(self, capability: Capability) -> bool:
        return capability in self.run.subject.claims

    def folder(self) -> Path:
        """A new folder of the node."""
        path = self.run.folder / f"f{self.run.number()}"
        path.mkdir()
        return path

    def apply(self, spec: str, backoff: Backoff | None = None) -> AppliedPod:
        """Make a pod of a YAML `spec`, in which ``IMAGE`` stands for the suite's image."""
        name = f"{self.run.id}-{self.run.number()}"
        text = _HEAD.format(name=name, run=self.run.id) + spec.replace("IMAGE", self.run.image)
        (loaded,) = pods(load(text, name=name))
        pod = replace(loaded, metadata=replace(loaded.metadata, uid=f"uid-{name}"))
        settings = WorkerSettings(backoff=backoff or Backoff(initial=QUICK_BACKOFF))
        worker = PodWorker(self.runtime, pod, settings=settings)
        self._undo.callback(worker.remove)
        self._undo.callback(worker.stop, 0)
        return AppliedPod(pod, worker, self.runtime)


def state_of(view: PodView, container: str) -> v1.ContainerState:
    """The state of a regular or init container in a pod's status."""
    return status_of(view, container).state


def status_of(view: PodView, container: str) -> v1.ContainerStatus:
    status = view.status
    every = (*status.init_container_statuses, *status.container_statuses)
    return next(one for one in every if one.name == container)


def terminated(view: PodView, container: str) -> v1.ContainerStateTerminated:
    """How a container ended; it must have."""
    state = state_of(view, container).terminated
    assert state is not None, f"{container} is {state_of(view, container)}"
    return state
