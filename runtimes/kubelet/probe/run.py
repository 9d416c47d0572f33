"""Probe a container once.

Source: kubelet pkg/kubelet/prober/prober.go, pkg/probe/.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.pod.probes import ProbeResult
from runtimes.kubelet.generate.expansion import expand
from runtimes.kubelet.handlers.ports import port_number

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runtimes.core.pod import v1
    from runtimes.core.pod.status import ExecResult

_OUTPUT = 10 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeTarget:
    """The running container to probe.

    Attributes:
        pod_ip: the pod's address, the node's for a pod on its network.
        exec: runs a command in it, for at most that many seconds.
    """

    container: v1.Container
    pod_ip: str
    exec: Callable[[Sequence[str], int], ExecResult]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one probe found; `warning` marks a success that a person should look at.

    UNKNOWN means that the probe itself couldn't be made: it counts for nothing.
    """

    result: ProbeResult
    message: str = ""
    warning: bool = False


def run_probe(probe: v1.Probe, target: ProbeTarget) -> Finding:
    """Probe once, for at most the probe's own timeout; never raises."""
    timeout = probe.timeout_seconds or 1
    try:
        return _found(probe, target, timeout)
    except (errors.Unavailable, errors.DeadlineExceeded) as error:
        return Finding(ProbeResult.FAILURE, str(error))
    except errors.Error as error:
        return Finding(ProbeResult.UNKNOWN, str(error))


def _found(probe: v1.Probe, target: ProbeTarget, timeout: int) -> Finding:
    if probe.exec is not None:
        return _exec(probe.exec, target, timeout)
    if probe.http_get is not None:
        return _http(probe.http_get, target, timeout)
    if probe.tcp_socket is not None:
        from runtimes.kubelet.handlers import tcp

        port = port_number(probe.tcp_socket.port, target.container)
        tcp.connect(probe.tcp_socket.host or target.pod_ip, port, timeout)
        return Finding(ProbeResult.SUCCESS)
    if probe.grpc is not None:
        return _grpc(probe.grpc, target, timeout)
    raise errors.InvalidArgument(f"probe container {target.container.name}: it names no handler")


def _exec(action: v1.ExecAction, target: ProbeTarget, timeout: int) -> Finding:
    variables = {one.name: one.value for one in target.container.env if one.value_from is None}
    command = [expand(word, variables) for word in action.command]
    try:
        result = target.exec(command, timeout)
    except errors.DeadlineExceeded:
        told = f'command timed out: "{" ".join(command)}" timed out after {timeout}s'
        return Finding(ProbeResult.FAILURE, told)
    said = (result.stdout + result.stderr)[:_OUTPUT].decode(errors="replace").strip()
    good = result.exit_code == 0
    return Finding(ProbeResult.SUCCESS if good else ProbeResult.FAILURE, said)


def _http(action: v1.HTTPGetAction, target: ProbeTarget, timeout: int) -> Finding:
    from runtimes.kubelet.handlers import http

    answer = http.get(http.request_of(action, target.container, target.pod_ip), timeout)
    if answer.elsewhere:
        told = f"probe terminated redirects, response body: {answer.body}"
        return Finding(ProbeResult.SUCCESS, told, warning=True)
    if answer.good:
        return Finding(ProbeResult.SUCCESS, answer.body)
    return Finding(ProbeResult.FAILURE, f"HTTP probe failed with statuscode: {answer.status}")


def _grpc(action: v1.GRPCAction, target: ProbeTarget, timeout: int) -> Finding:
    from runtimes.kubelet.handlers import grpc

    host = f"[{target.pod_ip}]" if ":" in target.pod_ip else target.pod_ip
    status = grpc.check(f"{host}:{action.port}", action.service, timeout)
    if status == grpc.SERVING:
        return Finding(ProbeResult.SUCCESS, "service healthy")
    return Finding(ProbeResult.FAILURE, f'service unhealthy (responded with "{status}")')
