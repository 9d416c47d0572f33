"""Docker Engine killed and revived amid what both of its backends do."""

from __future__ import annotations

import gc
import shutil
import tempfile
import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from runtimes.client import connect
from runtimes.client.tests.pod_examples import node
from runtimes.contract.engines.dockerd import Dockerd
from runtimes.contract.engines.places import Places
from runtimes.contract.engines.registry import Registry
from runtimes.contract.engines.session import EngineSession
from runtimes.contract.testimage.busybox import BUSYBOX, PAUSE
from runtimes.core import deadline, discovery, errors
from runtimes.core.backend import Kind
from runtimes.core.docker.interface import ListOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runtimes.client import Pod, Runtime

pytestmark = [
    pytest.mark.needs_docker,
    pytest.mark.needs_root,
    pytest.mark.timeout(240),
    # docker-py drops its socket unclosed when nobody listens.
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
OPERATIONS = range(50)
WHILE_DEAD = range(20, 35)
DONE_BEFORE = 6
PATIENCE = 45.0
STEADY = """
apiVersion: v1
kind: Pod
metadata: {name: NAME}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: app
    image: IMAGE
    imagePullPolicy: Never
    command: [sh, -c, "trap 'exit 0' TERM; echo here; sleep 1000 & wait"]
"""
ENDING = """
apiVersion: v1
kind: Pod
metadata: {name: NAME}
spec:
  restartPolicy: Never
  containers:
  - {name: app, image: IMAGE, imagePullPolicy: Never, command: [sh, -c, sleep 1; exit 7]}
"""


@pytest.fixture(scope="module")
def engine() -> Iterator[Dockerd]:
    """One that nobody else uses."""
    folder = Path(tempfile.mkdtemp(prefix="rt-dies-"))
    engines, places = EngineSession(folder), Places(folder)
    engines.env("dockerd")
    yield Dockerd(places, Registry(places))
    engines.release()
    shutil.rmtree(folder)


@pytest.fixture(params=["docker", "dockershim"])
def runtime(request: pytest.FixtureRequest, engine: Dockerd, tmp_path: Path) -> Iterator[Runtime]:
    settings: dict[str, Any] = {"infra_image": PAUSE}
    if request.param == "dockershim":
        places = {"root": tmp_path / "root", "run_root": tmp_path / "run"}
        settings = {"sandbox_image": PAUSE, **places}
    host = engine.env()["RUNTIMES_TEST_DOCKER_HOST"]
    with (
        node(tmp_path) as kubelet,
        connect(request.param, kubelet=kubelet, host=host, **settings) as opened,
    ):
        yield opened
        gc.collect()
        for pod in opened.pods():
            pod.remove(force=True)
    assert containers_of(engine) == []


def containers_of(engine: Dockerd) -> list[str]:
    plugin = discovery.load("docker", [Kind.DOCKER])
    host = engine.env()["RUNTIMES_TEST_DOCKER_HOST"]
    with plugin.open(plugin.options(host=host)) as docker:
        return [one["Names"][0] for one in docker.list_containers(ListOptions(all=True))]


def applied(runtime: Runtime, template: str, name: str) -> Pod:
    (pod,) = runtime.load(template.replace("NAME", name).replace("IMAGE", BUSYBOX))
    return runtime.create(pod)


@dataclass(slots=True)
class Amid:
    """Fifty operations: some before the Engine dies, some while it is dead, some after that.

    Each gives True for a right answer, False for a wrong one, or raises.
    """

    runtime: Runtime
    steady: list[Pod]
    dead: threading.Event = field(default_factory=threading.Event)
    revived: threading.Event = field(default_factory=threading.Event)

    def run(self, number: int) -> bool:
        if number in WHILE_DEAD:
            self.dead.wait()
        elif number >= WHILE_DEAD.stop:
            self.revived.wait()
        with deadline.within(PATIENCE):
            return self._kind(number)(number)

    def is_lookup(self, number: int) -> bool:
        return self._kind(number) != self._job

    def _kind(self, number: int) -> Callable[[int], bool]:
        kinds = (self._exec, self._list, self._status, self._log, self._images, self._job)
        return kinds[number % len(kinds)]

    def _pod(self, number: int) -> Pod:
        return self.steady[number % len(self.steady)]

    def _exec(self, number: int) -> bool:
        counted = f"for i in 1 2 3 4 5; do echo {number}; sleep 0.1; done; exit 3"
        found = self._pod(number).exec(["sh", "-c", counted])
        return (found.stdout, found.exit_code) == (f"{number}\n".encode() * 5, 3)

    def _list(self, _: int) -> bool:
        return {pod.name for pod in self.steady} <= {pod.name for pod in self.runtime.pods()}

    def _status(self, number: int) -> bool:
        return self._pod(number).status().phase == "Running"

    def _log(self, number: int) -> bool:
        return b"".join(line.text for line in self._pod(number).logs("app")) == b"here\n"

    def _images(self, _: int) -> bool:
        return BUSYBOX in {tag for image in self.runtime.images() for tag in image.tags}

    def _job(self, number: int) -> bool:
        """A pod that is under way, and that whoever drives it carries to its end all the same."""
        return applied(self.runtime, ENDING, f"job-{number}").wait(timeout=PATIENCE) == 7


def judged(outcome: Future[bool], number: int) -> str:
    """What is wrong with it, or nothing; only what met the dead Engine may have failed."""
    error = outcome.exception(timeout=0)
    if error is None:
        return "" if outcome.result() else f"{number}: a wrong answer"
    met_it = number < WHILE_DEAD.stop and isinstance(error, errors.Unavailable)
    return "" if met_it else f"{number}: {error!r}"


def test_operations_amid_a_crash_answer_rightly_or_say_unavailable(
    runtime: Runtime, engine: Dockerd
) -> None:
    amid = Amid(runtime, [applied(runtime, STEADY, f"steady-{n}").start() for n in range(3)])
    with ThreadPoolExecutor(len(OPERATIONS)) as pool:
        outcomes = [pool.submit(amid.run, number) for number in OPERATIONS]
        while sum(one.done() for one in outcomes) < DONE_BEFORE:
            wait([one for one in outcomes if not one.done()], return_when="FIRST_COMPLETED")
        engine.kill()
        amid.dead.set()
        lookups = [outcomes[n] for n in WHILE_DEAD if amid.is_lookup(n)]
        in_time = wait(lookups, timeout=PATIENCE)
        engine.revive(live_restore=True)
        amid.revived.set()
        wait(outcomes, timeout=PATIENCE * 2)

    assert not in_time.not_done
    assert any(isinstance(one.exception(), errors.Unavailable) for one in lookups)
    assert [wrong for n in OPERATIONS if (wrong := judged(outcomes[n], n))] == []


def ids(pod: Pod) -> tuple[list[tuple[str, bool]], list[str]]:
    status = pod.observe()
    return [(one.id, one.ready) for one in status.sandboxes], [one.id for one in status.containers]


def test_what_went_on_without_the_engine_is_found_again(runtime: Runtime, engine: Dockerd) -> None:
    pod = applied(runtime, STEADY, "goes-on").start()
    before = ids(pod)

    engine.kill()
    ready_without = is_ready(runtime)
    engine.revive(live_restore=True)
    pod.drive(lambda view: view.running, timeout=PATIENCE)

    assert ids(pod) == before
    assert (ready_without, is_ready(runtime)) == (False, True)


def is_ready(runtime: Runtime) -> bool:
    return {one.type: one.status for one in runtime.status()}["RuntimeReady"]


def test_what_ended_with_the_engine_is_started_once_more(runtime: Runtime, engine: Dockerd) -> None:
    pod = applied(runtime, STEADY, "starts-again").start()
    (first, _), (container,) = ids(pod)[0][0], ids(pod)[1]

    engine.kill()
    engine.revive()
    pod.drive(
        lambda view: view.running and view.observed.sandboxes[0].id != first, timeout=PATIENCE
    )

    sandboxes, containers = ids(pod)
    assert [ready for _, ready in sandboxes] == [True, False]
    assert pod.observe().sandboxes[0].attempt == 1
    assert len(containers) == 2
    assert containers[1] == container
