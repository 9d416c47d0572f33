"""What a crash in the middle leaves is undone, and crowds don't tread on each other."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.cni.network import PortMapping
from runtimes.core import netns

if TYPE_CHECKING:
    from runtimes.cni.network import AttachRequest
    from runtimes.cni.tests.conftest import Host

pytestmark = pytest.mark.needs_root

VICTIM = Path(__file__).with_name("victim.py")
HTTP = PortMapping("tcp", 80, 8080)

Victim = subprocess.Popen[bytes]


def prepared(host: Host, request: AttachRequest, plan: str) -> Victim:
    """Start a process that attaches when it is told to."""
    paths = host.state_dir, host.namespace.path, request.netns
    port = request.port_mappings[0].host_port
    command = [sys.executable, VICTIM, *paths, request.sandbox_id, port, plan]
    process = subprocess.Popen(
        list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def begin(process: Victim) -> None:
    assert process.stdin is not None
    process.stdin.close()


def end(process: Victim) -> int:
    assert process.stdout is not None
    process.stdout.close()
    return process.wait(30)


def dies(host: Host, request: AttachRequest, plan: str) -> None:
    victim = prepared(host, request, plan)
    begin(victim)
    assert end(victim) == -signal.SIGKILL


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(
    "step", ["record", "claim", "last-address", "bridge", "connect", "tune", "publish"]
)
def test_a_kill_at_any_step_of_attach_is_undone_by_detach(
    host: Host, step: str, moment: str
) -> None:
    request = host.request(HTTP)
    dies(host, request, f"{step}:{moment}")

    host.detach(request)

    netns.delete(request.netns)
    host.assert_clean()
    assert host.pod(HTTP).pings("10.86.0.1")


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("step", ["withdraw", "free"])
def test_a_kill_in_detach_is_finished_by_the_next(host: Host, step: str, moment: str) -> None:
    pod = host.pod(HTTP)
    # Attaching again begins with undoing.
    dies(host, pod.request, f"{step}:{moment}")

    host.remove(pod)

    host.assert_clean()


def test_kills_at_random_moments_leave_nothing_behind(host: Host) -> None:
    moments = random.Random(7)
    host.remove(host.pod())
    for number in range(20):
        request = host.request(PortMapping("tcp", 80, 9000 + number))
        victim = prepared(host, request, "for-ever")
        begin(victim)
        time.sleep(moments.uniform(0.0, 0.03))
        victim.kill()
        end(victim)
        host.detach(request)
        netns.delete(request.netns)

    host.assert_clean()


def test_processes_attach_at_the_same_time(host: Host) -> None:
    requests = [host.request(PortMapping("tcp", 80, 9000 + number)) for number in range(20)]
    processes = [prepared(host, request, "once") for request in requests]
    for process in processes:
        begin(process)

    assert [end(process) for process in processes] == [0] * len(processes)

    ips = {path.name for path in (host.state_dir / "bridge/runtimes0/addresses").iterdir()}
    assert len(ips) == len(requests)
    assert all(host.namespace.pings(ip) for ip in ips)
    for request in requests:
        host.detach(request)
        netns.delete(request.netns)
    host.assert_clean()


def test_threads_attach_and_detach_at_the_same_time(host: Host) -> None:
    def live(number: int) -> str:
        pod = host.attach(requests[number])
        assert pod.pings("10.86.0.1")
        host.remove(pod)
        return pod.ip

    requests = [host.request(PortMapping("udp", 53, 9000 + number)) for number in range(16)]
    with ThreadPoolExecutor(8) as pool:
        ips = list(pool.map(live, range(len(requests))))

    assert len(set(ips)) == len(ips)
    host.assert_clean()
