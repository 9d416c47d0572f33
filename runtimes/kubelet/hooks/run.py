"""Run one lifecycle hook.

Unlike in kubelet, an httpGet hook that is answered with an error has failed, its scheme, headers
and named ports count, and a hook that overruns is ended.

Source: kubelet pkg/kubelet/lifecycle/handlers.go.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import deadline, errors

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runtimes.core.pod import v1
    from runtimes.core.pod.status import ExecResult

HTTP_TIMEOUT = 30.0
_GLANCE = 0.2
_OUTPUT = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class HookTarget:
    """The running container that a hook belongs to.

    Attributes:
        pod_ip: the pod's address, the node's for a pod on its network.
        exec: runs a command in it; the number is seconds, 0 for no limit.
        runs: tells whether it still runs: nobody sleeps for one that has ended.
    """

    container: v1.Container | v1.EphemeralContainer
    pod_ip: str
    exec: Callable[[Sequence[str], int], ExecResult]
    runs: Callable[[], bool]


def run_hook(hook: v1.LifecycleHandler, target: HookTarget, timeout: float | None = None) -> None:
    """Run it to its end, or for `timeout` seconds; None for no limit.

    Raises:
        FailedPrecondition: it answered that it failed.
        DeadlineExceeded: its time was over.
        Error: it couldn't be run.
    """
    if hook.exec is not None:
        _exec(hook.exec, target, timeout)
    elif hook.http_get is not None:
        _http(hook.http_get, target, timeout)
    elif hook.sleep is not None:
        _sleep(hook.sleep.seconds or 0, target, timeout)
    else:
        raise errors.InvalidArgument(
            f"run a hook of container {target.container.name}: it must be exec, httpGet or sleep"
        )


def _exec(action: v1.ExecAction, target: HookTarget, timeout: float | None) -> None:
    seconds = 0 if timeout is None else max(1, int(timeout))
    result = target.exec(action.command, seconds)
    if result.exit_code:
        said = (result.stderr or result.stdout)[:_OUTPUT].decode(errors="replace").strip()
        raise errors.FailedPrecondition(
            f"command {list(action.command)} exited with {result.exit_code}: {said}"
        )


def _http(action: v1.HTTPGetAction, target: HookTarget, timeout: float | None) -> None:
    from runtimes.kubelet.handlers import http

    request = http.request_of(action, target.container, target.pod_ip)
    answer = http.get(request, HTTP_TIMEOUT if timeout is None else timeout)
    if not answer.good:
        raise errors.FailedPrecondition(
            f"GET {request.path} on port {request.port} answered {answer.status}:"
            f" {answer.body[:_OUTPUT].strip()}"
        )


def _sleep(seconds: float, target: HookTarget, timeout: float | None) -> None:
    now = time.monotonic()
    end = now + (seconds if timeout is None else min(seconds, timeout))
    while (left := end - time.monotonic()) > 0 and target.runs():
        deadline.check(f"sleep before container {target.container.name} stops")
        time.sleep(min(left, _GLANCE))
