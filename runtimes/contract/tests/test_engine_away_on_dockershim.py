"""What a kubelet is told while Docker is away, and what becomes of its pods once it is back."""

from __future__ import annotations

import gc
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.engines.dockerd import Dockerd
from runtimes.contract.engines.places import Places
from runtimes.contract.engines.registry import Registry
from runtimes.contract.engines.session import EngineSession
from runtimes.contract.tests.conftest import subject_of_dockershim
from runtimes.contract.tests.test_pod_scenarios_on_docker import SLEEPER, running, sandboxes
from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.contract.pod_bench import PodBench
    from runtimes.contract.subject import Subject
    from runtimes.core.pod.runtime import PodRuntime
    from runtimes.core.pod.status import RuntimeCondition

pytestmark = [
    pytest.mark.needs_docker,
    pytest.mark.needs_root,
    pytest.mark.timeout(240),  # An Engine is started three times, on hosts that do much else.
    # docker-py leaves a socket that couldn't connect to the garbage collector.
    pytest.mark.filterwarnings("ignore:Exception ignored in. <socket.socket"),
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]


@pytest.fixture(scope="module")
def engines() -> Iterator[EngineSession]:
    """Of its own: others mustn't feel what becomes of this one."""
    with tempfile.TemporaryDirectory(prefix="rta") as name:
        session = EngineSession(Path(name))
        session.env("dockerd")
        yield session
        session.release()


@pytest.fixture(scope="module")
def engine(engines: EngineSession) -> Dockerd:
    places = Places(engines.folder)
    return Dockerd(places, Registry(places))


@pytest.fixture(scope="module")
def contract_subject(
    engines: EngineSession, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Subject]:
    yield subject_of_dockershim(engines, tmp_path_factory.mktemp("away"))
    gc.collect()


def readiness(runtime: PodRuntime) -> RuntimeCondition:
    return next(one for one in runtime.status() if one.type == "RuntimeReady")


def wait_ready(runtime: PodRuntime) -> None:
    until = time.monotonic() + 60
    while not readiness(runtime).status:
        assert time.monotonic() < until
        time.sleep(0.1)


def test_pods_outlast_an_engine_that_is_away_or_are_made_anew(
    contract_pod: PodBench, engine: Dockerd
) -> None:
    engine.kill()
    engine.revive(live_restore=True)
    pod = running(contract_pod, SLEEPER)
    before = pod.worker.sync().observed

    engine.kill()
    told = readiness(pod.runtime)
    with pytest.raises(errors.Unavailable):
        pod.runtime.get_pods(include_exited=True)
    engine.revive(live_restore=True)
    wait_ready(pod.runtime)
    untouched = pod.worker.sync().observed
    engine.kill()
    engine.revive(live_restore=False)  # Which ends every container.
    wait_ready(pod.runtime)
    pod.worker.run(lambda view: sandboxes(pod)[0].attempt == 1 and view.running, 120)

    assert (told.status, told.reason) == (False, "DockerDaemonNotReady")
    assert untouched == before
    assert [one.ready for one in sandboxes(pod)] == [True, False]
    assert len(pod.containers("main")) > 1
