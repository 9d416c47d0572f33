"""The Engine killed and revived: nothing hangs, lies or is lost, and all can be removed."""

from __future__ import annotations

import gc
import os
import random
import signal
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.engines.dockerd import Dockerd
from runtimes.contract.engines.places import Places
from runtimes.contract.engines.registry import Registry
from runtimes.contract.engines.session import EngineSession
from runtimes.core import deadline, errors, logs
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.docker.interface import ListOptions
from runtimes.dockershim.tests.conftest import Node
from runtimes.dockershim.tests.wait import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future

    from runtimes.dockershim.service import DockershimService

pytestmark = [
    pytest.mark.needs_docker,
    pytest.mark.needs_root,
    pytest.mark.timeout(180),  # An Engine is started anew, on hosts that do much else.
    # docker-py leaves a socket that couldn't connect to the garbage collector.
    pytest.mark.filterwarnings("ignore:Exception ignored in. <socket.socket"),
]
OPERATIONS = 50
PATIENCE = 20.0
MARGIN = 10.0
COUNTER = "i=0; while :; do echo $i; i=$((i+1)); usleep 2000; done"


@pytest.fixture(scope="module")
def engine() -> Iterator[Dockerd]:
    """One of its own: others mustn't feel its crashes."""
    with tempfile.TemporaryDirectory(prefix="rtd") as name:
        folder = Path(name)
        session = EngineSession(folder)
        session.env("dockerd")
        places = Places(folder)
        yield Dockerd(places, Registry(places))
        session.release()


@pytest.fixture
def node(engine: Dockerd, tmp_path: Path) -> Iterator[Node]:
    node = Node(engine.env()["RUNTIMES_TEST_DOCKER_HOST"], tmp_path)
    yield node
    node.clear()


@pytest.fixture(autouse=True)
def _collected() -> Iterator[None]:
    """What docker-py left is collected within the test whose it is."""
    yield
    gc.collect()


def follow_events(service: DockershimService) -> None:
    for _ in range(2):
        service.list_containers()
    assert service.engine.cache.watch.wait_live(20)


def running(node: Node, service: DockershimService, *command: str) -> tuple[str, str]:
    """A sandbox and a container that runs in it."""
    config = node.sandbox("pod")
    sandbox = service.run_pod_sandbox(config)
    container = service.create_container(sandbox, node.container(*command), config)
    service.start_container(container)
    return sandbox, container


def pid_of(service: DockershimService, container_id: str) -> int:
    found = service.engine.docker.inspect_container(container_id)
    process = service.engine.processes.find(container_id, found["State"]["Pid"])
    assert process is not None
    return process.pid


def whole_lives(node: Node, service: DockershimService) -> list[Callable[[], object]]:
    """As many operations, of all kinds, on pods that are there and pods to be."""
    pods = [node.sandbox(f"old{number}") for number in range(3)]
    sandboxes = [service.run_pod_sandbox(config) for config in pods]
    made = [
        service.create_container(sandbox, node.container(name=f"c{number}"), config)
        for sandbox, config in zip(sandboxes, pods, strict=True)
        for number in range(5)
    ]
    for container in made[:10]:
        service.start_container(container)
    new = [node.sandbox(f"new{number}") for number in range(10)]
    operations: list[Callable[[], object]] = [
        *(partial(service.run_pod_sandbox, config) for config in new),
        *(partial(service.start_container, one) for one in made[10:]),
        *(partial(service.stop_container, one, 1) for one in made[:3]),
        *(partial(service.exec_sync, one, ["true"], 5) for one in made[3:8]),
        *(partial(service.remove_container, one) for one in made[8:10]),
        *(partial(service.container_status, one) for one in made[:10]),
        partial(service.stop_pod_sandbox, sandboxes[2]),
    ]
    operations += [service.list_containers] * (OPERATIONS - len(operations))
    random.shuffle(operations)
    return operations


def timed(operation: Callable[[], object]) -> tuple[float, object]:
    """How long it took, and its answer or the class of its error, which must be one of ours."""
    began = time.monotonic()
    try:
        with deadline.within(PATIENCE):
            answer: object = operation()
    except errors.Error as error:
        answer = type(error)
    return time.monotonic() - began, answer


def test_operations_in_the_middle_of_which_the_engine_is_killed(
    engine: Dockerd, node: Node
) -> None:
    service = node.open()
    operations = whole_lives(node, service)
    follow_events(service)
    with ThreadPoolExecutor(OPERATIONS) as pool:
        running: list[Future[tuple[float, object]]] = [
            pool.submit(timed, operation) for operation in operations
        ]
        wait_for(lambda: sum(one.done() for one in running) >= OPERATIONS // 5, "some to be done")
        engine.kill()
        done = [one.result() for one in running]
    took = [seconds for seconds, _ in done]
    assert max(took) < PATIENCE + MARGIN
    assert errors.Unavailable in [answer for _, answer in done]
    with pytest.raises(errors.Unavailable):
        service.list_containers()

    engine.revive()

    for asked in (service, node.open()):
        tells_the_truth(asked, [answer for _, answer in done if isinstance(answer, str)])
    node.clear()
    again = node.open()
    assert again.list_containers() == []
    assert again.engine.docker.list_containers(ListOptions(all=True)) == []
    assert again.engine.sandboxes.ids() == []


def tells_the_truth(service: DockershimService, acknowledged: list[str]) -> None:
    """Docker's default is to stop all containers when it starts: nothing can be running."""
    sandboxes = {one.id: one.state for one in service.list_pod_sandbox()}
    assert set(acknowledged) <= set(sandboxes)
    assert set(sandboxes.values()) == {cri.SANDBOX_NOTREADY}
    for sandbox, state in sandboxes.items():
        assert service.pod_sandbox_status(sandbox).status.state == state
    containers = {one.id: one.state for one in service.list_containers()}
    assert cri.CONTAINER_RUNNING not in containers.values()
    for container, told in containers.items():
        assert service.container_status(container).status.state == told


def test_the_memory_of_containers_survives_and_knows_what_ended_meanwhile(
    engine: Dockerd, node: Node
) -> None:
    engine.kill()
    engine.revive(live_restore=True)
    service = node.open()
    sandbox, container = running(node, service)
    follow_events(service)
    pid = pid_of(service, container)

    engine.kill()
    os.kill(pid, signal.SIGKILL)
    assert service.pod_sandbox_status(sandbox).status.state == cri.SANDBOX_READY
    engine.revive(live_restore=True)

    def has_ended() -> bool:
        return service.container_status(container).status.state == cri.CONTAINER_EXITED

    wait_for(has_ended, "the end to be told")
    (listed,) = service.list_containers(cri.ContainerFilter(id=container))
    assert listed.state == cri.CONTAINER_EXITED
    assert service.pod_sandbox_status(sandbox).status.state == cri.SANDBOX_READY
    assert service.engine.cache.watch.wait_live(20)


@pytest.mark.parametrize("live_restore", [True, False])
def test_a_log_has_every_line_once_when_its_copier_and_the_engine_are_killed(
    engine: Dockerd, node: Node, *, live_restore: bool
) -> None:
    engine.kill()
    engine.revive(live_restore=True)
    service = node.open()
    _, container = running(node, service, "sh", "-c", COUNTER)
    path = Path(service.container_status(container).status.log_path)
    wait_for(lambda: path.read_bytes().count(b"\n") > 50, "lines")

    kill_loggers(node)
    engine.kill()
    engine.revive(live_restore=live_restore)
    before = path.read_bytes().count(b"\n")

    if live_restore:
        service.container_status(container)  # Whoever looks starts another copier.
        wait_for(lambda: path.read_bytes().count(b"\n") > before + 50, "more lines")
        service.stop_container(container, 0)
    assert service.container_status(container).status.state == cri.CONTAINER_EXITED
    numbers = [int(entry.text) for entry in logs.read(path)]
    assert numbers == list(range(len(numbers)))


def kill_loggers(node: Node) -> None:
    """Kill the process that copies the logs of this root."""
    folder = os.fsencode(node.root / "root" / "logs")
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = line.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"runtimes.dockershim.logs.logger" in words and folder in words:
            os.kill(int(line.parent.name), signal.SIGKILL)
