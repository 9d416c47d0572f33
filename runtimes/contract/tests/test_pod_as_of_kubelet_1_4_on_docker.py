"""Pods on Docker Engine with the era's own decisions, and commands by nsenter.

Of the profile `pod`, those tests that such settings could change; it holds as a whole.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.pod.exec import *  # noqa: F403 - tests of the profile
from runtimes.contract.pod.init import *  # noqa: F403 - tests of the profile
from runtimes.contract.pod.phase import *  # noqa: F403 - tests of the profile
from runtimes.core import errors
from runtimes.core.streaming.collect import collect
from runtimes.core.streaming.session import Size

if TYPE_CHECKING:
    from runtimes.contract.pod_bench import AppliedPod, PodBench
    from runtimes.contract.subject import Subject

pytestmark = [pytest.mark.needs_docker, pytest.mark.needs_root]
SOMEBODY = """
  terminationGracePeriodSeconds: 0
  containers:
    - name: main
      image: IMAGE
      imagePullPolicy: Never
      command: [sh, -c, echo mine > /tmp/file; exec sleep 1000]
      env: [{name: WORD, value: its own}]
      securityContext: {runAsUser: 1234, runAsGroup: 5678}
"""


@pytest.fixture(scope="session")
def contract_subject(docker_subject_of_the_era: Subject) -> Subject:
    return docker_subject_of_the_era


def started(contract_pod: PodBench) -> str:
    """The id of the container of `SOMEBODY`."""
    return somebody(contract_pod).containers("main")[0].id


def somebody(contract_pod: PodBench) -> AppliedPod:
    pod = contract_pod.apply(SOMEBODY)
    pod.until(lambda view: view.running)
    return pod


def test_a_command_by_nsenter_is_where_and_who_the_container_is(contract_pod: PodBench) -> None:
    container = started(contract_pod)
    script = "until cat /tmp/file; do sleep 0.1; done; id -u; id -g; echo $WORD; cat /proc/1/comm"

    done = contract_pod.runtime.exec(container, ["sh", "-c", script], 20)

    assert done.stdout.decode().splitlines()[-5:] == ["mine", "1234", "5678", "its own", "sleep"]


def test_a_command_by_nsenter_takes_input_to_its_end(
    contract_pod: PodBench,
) -> None:
    container = started(contract_pod)

    with contract_pod.runtime.open_exec(container, ["cat"], stdin=True) as opened:
        assert opened.stdin is not None
        os.write(opened.stdin.fd, b"to and fro\n")
        opened.stdin.finish()
        assert collect(opened, None) == (b"to and fro\n", b"")
        assert opened.wait(20) == 0


def test_a_terminal_by_nsenter_has_its_size_and_ends_with_its_holder(
    contract_pod: PodBench,
) -> None:
    container = started(contract_pod)
    runtime = contract_pod.runtime

    with runtime.open_exec(container, ["stty", "size"], tty=True, size=Size(99, 44)) as opened:
        assert b"44 99" in os.read(opened.outputs[0].fd, 1000)
    with runtime.open_exec(container, ["sleep", "777"], tty=True):
        pass

    look = "until ! pgrep -f 'sleep 777'; do sleep 0.1; done"
    assert runtime.exec(container, ["sh", "-c", look], 20).exit_code == 0


def test_a_container_that_has_ended_takes_no_command_by_nsenter(contract_pod: PodBench) -> None:
    pod = somebody(contract_pod)
    pod.worker.stop()

    with pytest.raises(errors.FailedPrecondition):
        contract_pod.runtime.exec(pod.containers("main")[0].id, ["true"], 20)
