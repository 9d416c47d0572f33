"""exec, stats and images of a PodRuntime."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.contract.requires import requires
from runtimes.core import errors
from runtimes.core.capability import Capability

if TYPE_CHECKING:
    from runtimes.contract.pod_bench import AppliedPod, PodBench

SLEEPER = """
  containers:
    - {name: main, image: IMAGE, imagePullPolicy: Never, command: [sleep, '1000']}
"""


def running(contract_pod: PodBench) -> AppliedPod:
    pod = contract_pod.apply(SLEEPER)
    pod.until(lambda view: view.running)
    return pod


@requires(Capability.EXEC_SYNC)
def test_exec_brings_output_and_exit_code(contract_pod: PodBench) -> None:
    pod = running(contract_pod)
    container = pod.containers("main")[0].id

    done = contract_pod.runtime.exec(container, ["sh", "-c", "echo out; echo err >&2; exit 5"], 20)

    assert (done.stdout, done.stderr, done.exit_code) == (b"out\n", b"err\n", 5)


@requires(Capability.EXEC_SYNC)
def test_exec_in_an_absent_container_of_a_pod_is_not_found(contract_pod: PodBench) -> None:
    with pytest.raises(errors.NotFound):
        contract_pod.runtime.exec("no-such-container", ["true"], 20)


@requires(Capability.EXEC_SYNC)
def test_exec_whose_time_is_up_leaves_no_process(contract_pod: PodBench) -> None:
    pod = running(contract_pod)
    container = pod.containers("main")[0].id
    script = "(sleep 3; touch /tmp/child) & sleep 3; touch /tmp/main"

    with pytest.raises(errors.DeadlineExceeded):
        contract_pod.runtime.exec(container, ["sh", "-c", script], 1)

    look = "sleep 3; ls /tmp/child /tmp/main"
    assert contract_pod.runtime.exec(container, ["sh", "-c", look], 20).stdout == b""


@requires(Capability.CONTAINER_STATS)
def test_stats_name_the_pod_of_each_container(contract_pod: PodBench) -> None:
    pod = running(contract_pod)
    container = pod.containers("main")[0].id

    (usage,) = [one for one in contract_pod.runtime.stats() if one.id == container]

    assert (usage.name, usage.pod_uid) == ("main", pod.pod.metadata.uid)
    assert usage.memory_working_set_bytes is not None


def test_the_suites_image_is_listed_and_found(contract_pod: PodBench) -> None:
    reference = contract_pod.runtime.image_ref(contract_pod.run.image)

    assert reference
    tags = [tag for image in contract_pod.runtime.list_images() for tag in image.tags]
    assert contract_pod.run.image in tags


def test_an_absent_image_has_no_reference(contract_pod: PodBench) -> None:
    assert contract_pod.runtime.image_ref("localhost/runtimes-test/no-such:1") is None


def test_the_runtime_says_that_it_is_ready(contract_pod: PodBench) -> None:
    conditions = {one.type: one.status for one in contract_pod.runtime.status()}

    assert conditions["RuntimeReady"]
    assert conditions["NetworkReady"]
    assert contract_pod.runtime.version().name
