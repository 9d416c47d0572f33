"""Probes and lifecycle hooks.

Source: kubernetes pkg/apis/core/validation/validation.go (validateProbe, validateLifecycle).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.kubelet.manifest.decode.words import join
from runtimes.kubelet.manifest.problem import Path, Problem
from runtimes.kubelet.manifest.validate import names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runtimes.core.pod import v1

    Container = v1.Container | v1.EphemeralContainer

_PROBES = {
    "livenessProbe": "liveness_probe",
    "readinessProbe": "readiness_probe",
    "startupProbe": "startup_probe",
}
_OF_PROBE = {"exec": "exec", "httpGet": "http_get", "tcpSocket": "tcp_socket", "grpc": "grpc"}
_OF_HOOK = {"exec": "exec", "httpGet": "http_get", "tcpSocket": "tcp_socket", "sleep": "sleep"}
_NUMBERS = {
    "initialDelaySeconds": "initial_delay_seconds",
    "timeoutSeconds": "timeout_seconds",
    "periodSeconds": "period_seconds",
    "successThreshold": "success_threshold",
    "failureThreshold": "failure_threshold",
}


def check_handlers(container: Container, grace_period: int, path: Path) -> Iterator[Problem]:
    """Judge probes and hooks of a container whose pod gets `grace_period` seconds to stop."""
    for name, attribute in _PROBES.items():
        probe = getattr(container, attribute)
        if probe is not None:
            yield from _probe(probe, name, (*path, name))
    if container.lifecycle is None:
        return
    for name, hook in (
        ("postStart", container.lifecycle.post_start),
        ("preStop", container.lifecycle.pre_stop),
    ):
        if hook is not None:
            place = (*path, "lifecycle", name)
            yield from _handler(hook, _OF_HOOK, place)
            yield from _sleep(hook.sleep, grace_period, (*place, "sleep"))


def given_handlers(container: Container) -> list[str]:
    """Name the probes and hooks that a container has."""
    probes = [name for name, attribute in _PROBES.items() if getattr(container, attribute)]
    return [*probes, *(["lifecycle"] if container.lifecycle else [])]


def _probe(probe: v1.Probe, name: str, path: Path) -> Iterator[Problem]:
    yield from _handler(probe, _OF_PROBE, path)
    for field, attribute in _NUMBERS.items():
        value = getattr(probe, attribute)
        if value is not None and value < 0:
            yield Problem((*path, field), f"{value} must not be negative")
    if name != "readinessProbe" and probe.success_threshold not in {None, 1}:
        yield Problem((*path, "successThreshold"), f"must be 1 for a {name}")
    grace = probe.termination_grace_period_seconds
    if grace is not None and name == "readinessProbe":
        message = "can't be given for a readinessProbe, which stops nothing"
        yield Problem((*path, "terminationGracePeriodSeconds"), message)
    elif grace is not None and grace <= 0:
        yield Problem((*path, "terminationGracePeriodSeconds"), f"{grace} must be more than 0")


def _handler(
    handler: v1.Probe | v1.LifecycleHandler, kinds: Mapping[str, str], path: Path
) -> Iterator[Problem]:
    given = [name for name, attribute in kinds.items() if getattr(handler, attribute)]
    if not given:
        yield Problem(path, f"must have one of {join(kinds)}")
    elif len(given) > 1:
        yield Problem((*path, given[1]), f"can't be given together with '{given[0]}'")
    if handler.exec and not handler.exec.command:
        yield Problem((*path, "exec", "command"), "required, but not given")
    if handler.http_get:
        yield from _http_get(handler.http_get, (*path, "httpGet"))
    problem = names.port(handler.tcp_socket.port) if handler.tcp_socket else None
    if problem:
        yield Problem((*path, "tcpSocket", "port"), problem)
    grpc = getattr(handler, "grpc", None)
    problem = names.port(grpc.port) if grpc else None
    if problem:
        yield Problem((*path, "grpc", "port"), problem)


def _http_get(action: v1.HTTPGetAction, path: Path) -> Iterator[Problem]:
    problem = names.port(action.port)
    if problem:
        yield Problem((*path, "port"), problem)
    for index, header in enumerate(action.http_headers):
        problem = names.header(header.name)
        if problem:
            yield Problem((*path, "httpHeaders", index, "name"), problem)


def _sleep(action: v1.SleepAction | None, grace_period: int, path: Path) -> Iterator[Problem]:
    seconds = action.seconds if action else None
    if seconds is not None and not 0 <= seconds <= grace_period:
        message = f"{seconds} is not between 0 and terminationGracePeriodSeconds ({grace_period})"
        yield Problem((*path, "seconds"), message)
