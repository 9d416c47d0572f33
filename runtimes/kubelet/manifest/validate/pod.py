"""All that is judged of a defaulted pod, but for its form.

Source: kubernetes pkg/apis/core/validation/validation.go (ValidatePodCreate).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.kubelet.manifest.problem import Path, Problem
from runtimes.kubelet.manifest.validate import names
from runtimes.kubelet.manifest.validate.container import check_containers
from runtimes.kubelet.manifest.validate.dns import check_dns
from runtimes.kubelet.manifest.validate.env import check_reference
from runtimes.kubelet.manifest.validate.metadata import check_metadata
from runtimes.kubelet.manifest.validate.ports import check_host_network
from runtimes.kubelet.manifest.validate.resources import check_amounts, check_pod_resources
from runtimes.kubelet.manifest.validate.scheduling import check_scheduling
from runtimes.kubelet.manifest.validate.security import check_pod_security
from runtimes.kubelet.manifest.validate.volumes import check_volumes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.core.pod import v1

_MAX_SECONDS = 2**31 - 1


def check_pod(pod: v1.Pod) -> Iterator[Problem]:
    spec, path = pod.spec, ("spec",)
    yield from check_metadata(pod.metadata)
    yield from _durations(spec, path)
    yield from _names(spec, path)
    yield from check_volumes(spec.volumes, (*path, "volumes"))
    yield from check_containers(spec, path)
    yield from _host_network(spec, path)
    yield from check_pod_security(spec, path)
    yield from check_dns(spec, path)
    yield from check_scheduling(spec, path)
    yield from check_pod_resources(spec, (*path, "resources"))
    yield from check_amounts(spec.overhead, (*path, "overhead"))


def _durations(spec: v1.PodSpec, path: Path) -> Iterator[Problem]:
    deadline, grace = spec.active_deadline_seconds, spec.termination_grace_period_seconds
    if deadline is not None and not 1 <= deadline <= _MAX_SECONDS:
        message = f"{deadline} is not between 1 and {_MAX_SECONDS}"
        yield Problem((*path, "activeDeadlineSeconds"), message)
    if grace is not None and grace < 0:
        yield Problem((*path, "terminationGracePeriodSeconds"), f"{grace} must not be negative")


def _names(spec: v1.PodSpec, path: Path) -> Iterator[Problem]:
    for name, text, rule in (
        ("hostname", spec.hostname, names.dns_label),
        ("hostnameOverride", spec.hostname_override, names.dns_subdomain),
        ("subdomain", spec.subdomain, names.dns_label),
        ("nodeName", spec.node_name, names.dns_subdomain),
        ("serviceAccountName", spec.service_account_name, names.dns_subdomain),
        ("priorityClassName", spec.priority_class_name, names.dns_subdomain),
        ("runtimeClassName", spec.runtime_class_name, names.dns_subdomain),
    ):
        problem = rule(text) if text else None
        if problem:
            yield Problem((*path, name), problem)
    for index, gate in enumerate(spec.readiness_gates):
        problem = names.qualified_name(gate.condition_type)
        if problem:
            yield Problem((*path, "readinessGates", index, "conditionType"), problem)
    for index, secret in enumerate(spec.image_pull_secrets):
        yield from check_reference(secret.name, (*path, "imagePullSecrets", index, "name"))


def _host_network(spec: v1.PodSpec, path: Path) -> Iterator[Problem]:
    if spec.host_network:
        for index, container in enumerate(spec.containers):
            yield from check_host_network(container, (*path, "containers", index))
