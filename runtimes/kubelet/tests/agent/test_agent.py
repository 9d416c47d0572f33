"""The agent in this process, on the in-memory service."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import pytest

from runtimes.contract.fake.clock import WallClock
from runtimes.core import errors
from runtimes.core.pod.status import ContainerState, RunningPod
from runtimes.kubelet.agent.agent import Agent, AgentSettings, Node
from runtimes.kubelet.agent.changes import changed, looks_of
from runtimes.kubelet.agent.claim import claimed
from runtimes.kubelet.agent.housekeeping import HousekeepingSettings
from runtimes.kubelet.agent.manifests import ManifestFolder
from runtimes.kubelet.tests.bench import Bench
from runtimes.kubelet.tests.builders import RUNNING, attempt, sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.core.pod import v1

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
    """An agent in a thread; `seen` waits for what it does."""

    bench: Bench
    folder: Path
    stop_pods: bool = False
    stop: Callable[[], None] = field(default=lambda: None)

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


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    bench = Bench(tmp_path, clock=WallClock())  # type: ignore[arg-type]  # an agent lives in real time
    folder = tmp_path / "manifests"
    folder.mkdir()
    made = House(bench, folder)
    yield made
    for agent in made.agents:
        agent.end()
    bench.service.close()


BOTH = {"web/app", "web/side"}


def test_a_manifest_starts_its_pod_and_its_removal_ends_it(house: House) -> None:
    path = house.write()
    house.agent()

    house.until(lambda: set(house.running()) == BOTH)
    path.unlink()
    house.until(lambda: not house.pods() and not house.recorded())


def test_a_change_restarts_only_the_container_that_changed(house: House) -> None:
    house.write()
    house.agent()
    before = house.until(lambda: house.running() if set(house.running()) == BOTH else {})

    house.write(app="sleep 99999")
    after = house.until(
        lambda: (
            now
            if set(now := house.running()) == BOTH and now["web/app"] != before["web/app"]
            else {}
        )
    )

    assert after["web/side"] == before["web/side"]
    assert len(house.recorded()) == 1


def test_a_container_that_ends_is_restarted(house: House) -> None:
    house.write()
    house.agent()
    before = house.until(lambda: house.running() if set(house.running()) == BOTH else {})

    house.bench.service.stop_container(before["web/app"], 0)

    house.until(lambda: house.running().get("web/app") not in {None, before["web/app"]})
    assert house.running()["web/side"] == before["web/side"]


def test_another_agent_finds_everything_as_it_was(house: House) -> None:
    house.write()
    house.agent().end()
    house.agents.clear()
    house.agent()
    before = house.until(lambda: house.running() if set(house.running()) == BOTH else {})
    house.agents.pop().end()

    house.agent()
    house.write("other")
    house.until(lambda: {"other/app", "other/side"} <= set(house.running()))

    assert {name: house.running()[name] for name in BOTH} == before
    assert [pod.metadata.name for pod in house.recorded()] == ["other", "web"]


def test_a_manifest_that_went_while_no_agent_ran_ends_its_pod(house: House) -> None:
    path = house.write()
    agent = house.agent()
    house.until(lambda: set(house.running()) == BOTH)
    agent.end()
    house.agents.clear()
    path.unlink()

    house.agent()

    house.until(lambda: not house.pods() and not house.recorded())


def test_a_pod_that_has_ended_stays_so_until_its_manifest_changes(house: House) -> None:
    house.write(app="exit 0", side="exit 0", policy="Never")
    house.agent()
    first = house.until(
        lambda: (
            [one.id for pod in house.pods() for one in pod.containers]
            if not house.running()
            and len(house.pods()) == 1
            and len(house.pods()[0].containers) == 2
            else []
        )
    )
    house.write("other")
    house.until(lambda: "other/app" in house.running())
    assert {one.id for pod in house.pods() for one in pod.containers} >= set(first)

    house.write(policy="Never")

    house.until(lambda: set(house.running()) >= BOTH)


def test_a_bad_file_stops_nothing(house: House) -> None:
    path = house.write()
    house.agent()
    before = house.until(lambda: house.running() if set(house.running()) == BOTH else {})

    path.write_text("kind: [")
    house.write("other")
    house.until(lambda: "other/app" in house.running())

    assert {name: house.running().get(name) for name in BOTH} == before


def test_pods_go_on_when_the_agent_ends_unless_it_was_told_to_end_them(house: House) -> None:
    house.write()
    agent = house.agent()
    house.until(lambda: set(house.running()) == BOTH)
    agent.end()
    assert set(house.running()) == BOTH
    house.agents.clear()

    agent = house.agent(stop_pods=True)
    house.until(house.recorded)
    house.write("other")
    house.until(lambda: "other/app" in house.running())
    agent.end()
    house.agents.clear()

    assert house.pods() == []


JOB = """\
apiVersion: batch/v1
kind: Job
metadata: {{name: once}}
spec:
  completions: 3
  parallelism: 2
  ttlSecondsAfterFinished: {ttl}
  template:
    spec:
      restartPolicy: Never
      terminationGracePeriodSeconds: 1
      containers:
      - {{name: app, image: busybox, imagePullPolicy: IfNotPresent, command: [sh, -c, "{app}"]}}
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  replicas: 3
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - {{name: app, image: busybox, imagePullPolicy: IfNotPresent, command: [sh, -c, "{app}"]}}
"""


def sandboxes(house: House) -> list[str]:
    """Names of the pods that sandboxes were made for, in order."""
    made = [call.arguments[0] for call in house.bench.service.calls if call.rpc == "RunPodSandbox"]
    return [config.metadata.name for config in made]  # type: ignore[attr-defined]  # what the call takes


def test_a_job_of_the_folder_is_carried_to_its_end_across_agents(house: House) -> None:
    path = house.folder / "once.yaml"
    path.write_text(JOB.format(app=FOREVER, ttl=3600))
    agent = house.agent()
    first = house.until(lambda: now if len(now := house.running()) == 2 else {})
    agent.end()
    house.agents.clear()
    house.bench.service.stop_container(first["once-0/app"], 0)

    house.agent()

    house.until(lambda: len(sandboxes(house)) > 2)
    assert house.running()["once-1/app"] == first["once-1/app"]


def test_a_job_ends_with_its_pods_gone_after_a_while_and_is_not_begun_again(house: House) -> None:
    (house.folder / "once.yaml").write_text(JOB.format(app="true", ttl=0))
    house.agent()

    house.until(lambda: len(sandboxes(house)) == 3 and not house.recorded())
    house.write()
    house.until(lambda: set(house.running()) == BOTH)

    assert sorted(sandboxes(house)[:3]) == ["once-0", "once-1", "once-2"]
    assert set(sandboxes(house)[3:]) == {"web"}


def test_a_deployment_changes_pod_after_pod(house: House) -> None:
    path = house.folder / "web.yaml"
    path.write_text(DEPLOYMENT.format(app=FOREVER))
    house.agent()
    before = house.until(lambda: now if len(now := house.running()) == 3 else {})
    asked = len(house.bench.service.calls)

    path.write_text(DEPLOYMENT.format(app="sleep 99999"))
    house.until(
        lambda: (
            len(house.running()) == 3 and not set(before.values()) & set(house.running().values())
        )
    )

    calls = [one.rpc for one in house.bench.service.calls[asked:]]
    order = [one for one in calls if one in {"StopContainer", "StartContainer"}]
    assert order == ["StopContainer", "StartContainer"] * 3


def test_no_run_takes_a_pod_that_an_agent_keeps(house: House) -> None:
    house.write()
    agent = house.agent()
    house.until(lambda: set(house.running()) == BOTH)

    assert house.bench.store.claim("default", "web") is None
    agent.end()
    house.agents.clear()
    assert house.bench.store.claim("default", "web") is not None


def test_a_pod_that_another_process_drives_is_left_to_it(house: House) -> None:
    claim = house.bench.store.claim("default", "web")
    assert claim is not None
    house.write()
    house.write("other")
    house.agent()
    house.until(lambda: "other/app" in house.running())
    assert [pod.metadata.name for pod in house.recorded()] == ["other"]

    claim.release()

    house.until(lambda: set(house.running()) >= BOTH)


def test_what_has_no_record_is_ended(house: House) -> None:
    asked = house.bench.worker
    lost = asked(_pod()).sync().pod
    (house.bench.config.root / "pods" / lost.metadata.uid / "pod.json").unlink()

    house.agent()

    house.until(lambda: not house.pods())


def test_what_has_a_broken_record_is_left_alone(house: House) -> None:
    broken = house.bench.worker(_pod()).sync().pod
    (house.bench.config.root / "pods" / broken.metadata.uid / "pod.json").write_text("{")
    house.write("other")

    house.agent()
    house.until(lambda: "other/app" in house.running())

    assert "web/app" in house.running()


def _pod() -> v1.Pod:
    from runtimes.kubelet.tests.bench import script
    from runtimes.kubelet.tests.builders import pod

    return pod(script(FOREVER))


def test_a_slow_pod_holds_up_no_other(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    free = threading.Event()
    start = house.bench.service.run_pod_sandbox

    def slow(config: cri.PodSandboxConfig, handler: str = "") -> str:
        if config.metadata.name == "slow":
            free.wait(20)
        return start(config, handler)

    monkeypatch.setattr(house.bench.service, "run_pod_sandbox", slow)
    house.write("slow")
    house.agent()
    house.write("web")
    try:
        house.until(lambda: set(house.running()) == BOTH)
    finally:
        free.set()
    house.until(lambda: "slow/app" in house.running())


def test_one_agent_keeps_a_folder(tmp_path: Path) -> None:
    root, other = tmp_path / "root", tmp_path / "other"
    other.mkdir()

    with claimed(tmp_path, root, "fake"):
        for folder, place in ((tmp_path, tmp_path / "root 2"), (other, root)):
            refusal = pytest.raises(errors.FailedPrecondition, match="another agent")
            with refusal, claimed(folder, place, "fake"):
                pass
    with claimed(tmp_path, root, "fake"):
        pass


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    refusal = pytest.raises(errors.NotFound, match="make it first")
    with refusal, claimed(tmp_path / "gone", tmp_path, "fake"):
        pass


def test_a_pod_has_changed_when_any_state_has() -> None:
    def one(state: ContainerState, *, ready: bool = True) -> RunningPod:
        return RunningPod(
            uid="u",
            name="n",
            namespace="d",
            created_at_ns=0,
            containers=(attempt("a", state),),
            sandboxes=(sandbox(ready=ready),),
        )

    before = looks_of([one(RUNNING)])

    assert changed(before, looks_of([one(RUNNING)])) == set()
    assert changed(before, looks_of([one(ContainerState.EXITED)])) == {"u"}
    assert changed(before, looks_of([one(RUNNING, ready=False)])) == {"u"}
    assert changed(before, {}) == {"u"}
