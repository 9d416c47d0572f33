"""StopContainer.

Source: CRI StopContainer ("stops a running container with a grace period ... idempotent ... must
forcibly kill the container after the grace period").
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from runtimes.contract.provide import bring
from runtimes.contract.testimage.busybox import PATH, REPOSITORY, busybox
from runtimes.contract.testimage.layout import ImageConfig
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.contract.bench import Bench

KILLED = 137
SOON = 8.0
TRAP = "trap 'echo caught {0}; exit {1}' {0}; echo ready; sleep 1000 & wait"


def test_stop_container_lets_it_end_by_itself(contract: Bench) -> None:
    container = contract.start(contract.script(TRAP.format("TERM", 7)))
    contract.wait_log(container, "ready")
    before = time.monotonic()

    contract.service.stop_container(container, 60)

    status = contract.status(container)
    assert (status.state, status.exit_code) == (cri.CONTAINER_EXITED, 7)
    assert time.monotonic() - before < SOON
    contract.wait_log(container, "caught TERM")


def test_stop_container_kills_what_outlasts_the_grace_period(contract: Bench) -> None:
    container = contract.start(contract.script("trap '' TERM; echo ready; sleep 1000 & wait"))
    contract.wait_log(container, "ready")
    before = time.monotonic()

    contract.service.stop_container(container, 1)

    assert contract.status(container).exit_code == KILLED
    assert 1 <= time.monotonic() - before < SOON


def test_stop_container_with_no_grace_period_kills_at_once(contract: Bench) -> None:
    container = contract.start(contract.script(TRAP.format("TERM", 7)))
    contract.wait_log(container, "ready")
    before = time.monotonic()

    contract.service.stop_container(container, 0)

    assert contract.status(container).exit_code == KILLED
    assert time.monotonic() - before < SOON


def test_stop_container_sends_the_signal_that_the_image_wants(contract: Bench) -> None:
    settings = ImageConfig(cmd=("sh",), env=(PATH,), stop_signal="SIGUSR1")
    config = contract.script(TRAP.format("USR1", 9))
    config.image.image = bring(contract.run, busybox(f"{REPOSITORY}/usr1:1", settings))
    container = contract.start(config)
    contract.wait_log(container, "ready")

    contract.service.stop_container(container, 30)

    assert contract.status(container).exit_code == 9


def test_stop_container_sends_the_signal_that_the_config_wants(contract: Bench) -> None:
    config = contract.script(TRAP.format("USR1", 9))
    config.stop_signal = cri.SIGNAL_SIGUSR1
    container = contract.start(config)
    contract.wait_log(container, "ready")

    contract.service.stop_container(container, 2)

    assert contract.status(container).exit_code == 9


def test_stop_container_is_idempotent(contract: Bench) -> None:
    container = contract.sleeper()
    contract.service.stop_container(container, 5)
    first = contract.status(container)

    contract.service.stop_container(container, 5)

    assert contract.status(container).finished_at == first.finished_at


def test_stop_container_that_ended_by_itself_keeps_its_exit_code(contract: Bench) -> None:
    ended = contract.sh("exit 4")

    contract.service.stop_container(ended.id, 5)

    assert contract.status(ended.id).exit_code == 4


def test_stop_container_that_never_started_succeeds(contract: Bench) -> None:
    container = contract.create(contract.config("true"))

    contract.service.stop_container(container, 1)


def test_stop_container_that_is_absent_succeeds(contract: Bench) -> None:
    contract.service.stop_container("no-such-container", 1)


def test_stop_container_ends_its_children_too(contract: Bench) -> None:
    folder = contract.folder()
    config = contract.script("(sleep 3; touch /data/survivor) & trap 'exit 0' TERM; wait")
    config.mounts.append(cri.Mount(container_path="/data", host_path=str(folder)))
    container = contract.start(config)

    contract.service.stop_container(container, 1)
    contract.output("sleep 3")

    assert list(folder.iterdir()) == []
