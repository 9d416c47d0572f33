"""What a probe asks, and what it says of the answer."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, NoReturn

import pytest

from runtimes.core import errors
from runtimes.core.pod import v1
from runtimes.core.pod.probes import ProbeResult
from runtimes.kubelet.probe.run import ProbeTarget, run_probe
from runtimes.kubelet.tests.builders import container

if TYPE_CHECKING:
    from collections.abc import Sequence


def no_command(cmd: Sequence[str], timeout: int) -> NoReturn:
    raise AssertionError((cmd, timeout))


@pytest.mark.parametrize(
    ("host", "pod_ip"), [("127.0.0.1", "192.0.2.1"), ("", "127.0.0.1")], ids=["host", "pod"]
)
def test_a_tcp_probe_succeeds_where_somebody_listens(host: str, pod_ip: str) -> None:
    target = ProbeTarget(container=container(), pod_ip=pod_ip, exec=no_command)
    with socket.create_server(("127.0.0.1", 0)) as server:
        action = v1.TCPSocketAction(host=host, port=server.getsockname()[1])
        probe = v1.Probe(tcp_socket=action)

        assert run_probe(probe, target).result is ProbeResult.SUCCESS
    finding = run_probe(probe, target)
    assert finding.result is ProbeResult.FAILURE
    assert finding.message.endswith(": connect: connection refused")
    assert finding.message.startswith("dial tcp 127.0.0.1:")


def test_a_command_that_takes_too_long_has_failed_and_is_told_by_name() -> None:
    def late(cmd: Sequence[str], timeout: int) -> NoReturn:
        raise errors.DeadlineExceeded(f"exec {cmd} in container 'ab12': longer than {timeout} s")

    probed = container(env=(v1.EnvVar(name="FILE", value="/ok"),))
    probe = v1.Probe(exec=v1.ExecAction(command=("test", "-e", "$(FILE)")), timeout_seconds=3)

    finding = run_probe(probe, ProbeTarget(container=probed, pod_ip="192.0.2.1", exec=late))

    assert finding.result is ProbeResult.FAILURE
    assert finding.message == 'command timed out: "test -e /ok" timed out after 3s'
