"""What makes pods: its own numbers, and its template as the pods that come of it.

Source: kubernetes pkg/apis/apps/validation, pkg/apis/batch/validation.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from runtimes.core.pod.workloads import Deployment
from runtimes.kubelet.manifest.problem import Path, Problem
from runtimes.kubelet.manifest.validate import names
from runtimes.kubelet.manifest.validate.metadata import check_metadata
from runtimes.kubelet.manifest.validate.pod import check_pod
from runtimes.kubelet.workloads.template import pod_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.core.pod import v1
    from runtimes.core.pod.workloads import DeploymentStrategy, Job, Workload

_TEMPLATE = ("spec", "template")
_MOST_DIGITS = 4
_AMOUNT = re.compile(r"[0-9]{1,4}%?")


def check_workload(workload: Workload) -> Iterator[Problem]:
    """Judge a defaulted workload."""
    metadata = workload.metadata
    yield from check_metadata(metadata)
    problem = names.dns_subdomain(f"{metadata.name}-{'0' * _MOST_DIGITS}")
    if metadata.name and not names.dns_subdomain(metadata.name) and problem:
        yield Problem(
            ("metadata", "name"), f"{problem}, with the number that its pods' names end in"
        )
    yield from _template(workload)
    if isinstance(workload, Deployment):
        yield from _deployment(workload)
    else:
        yield from _job(workload)


def _template(workload: Workload) -> Iterator[Problem]:
    pod = pod_of(workload, 0)
    pod = replace(pod, metadata=replace(pod.metadata, name="pod", namespace="default"))
    for path, message in check_pod(pod):
        yield Problem((*_TEMPLATE, *path), message)


def _deployment(workload: Deployment) -> Iterator[Problem]:
    spec = workload.spec
    yield from _not_negative(spec.replicas, ("spec", "replicas"))
    yield from _policy(spec.template.spec, ("Always",))
    labels = spec.template.metadata.labels
    wanted = spec.selector.match_labels
    if not wanted and not spec.selector.match_expressions:
        yield Problem(("spec", "selector"), "must select something: give matchLabels")
    if any(labels.get(key) != value for key, value in wanted.items()):
        message = "must have the labels that 'spec.selector.matchLabels' asks for"
        yield Problem((*_TEMPLATE, "metadata", "labels"), message)
    yield from _not_negative(spec.min_ready_seconds, ("spec", "minReadySeconds"))
    if spec.strategy is not None:
        yield from _strategy(spec.strategy)


def _strategy(strategy: DeploymentStrategy) -> Iterator[Problem]:
    kinds = ("RollingUpdate", "Recreate")
    if strategy.type and strategy.type not in kinds:
        message = f"'{strategy.type}' must be {' or '.join(kinds)}"
        yield Problem(("spec", "strategy", "type"), message)
    rolling = strategy.rolling_update
    if rolling is None:
        return
    if strategy.type == "Recreate":
        message = "must not be given where 'spec.strategy.type' is Recreate"
        yield Problem(("spec", "strategy", "rollingUpdate"), message)
    for name, amount in (
        ("maxSurge", rolling.max_surge),
        ("maxUnavailable", rolling.max_unavailable),
    ):
        if amount is not None and not _AMOUNT.fullmatch(str(amount)):
            message = f"{amount!r} must be a number, or a percentage such as '25%'"
            yield Problem(("spec", "strategy", "rollingUpdate", name), message)


def _job(workload: Job) -> Iterator[Problem]:
    spec = workload.spec
    for name, value in (
        ("completions", spec.completions),
        ("parallelism", spec.parallelism),
        ("backoffLimit", spec.backoff_limit),
        ("activeDeadlineSeconds", spec.active_deadline_seconds),
        ("ttlSecondsAfterFinished", spec.ttl_seconds_after_finished),
    ):
        yield from _not_negative(value, ("spec", name))
    yield from _policy(spec.template.spec, ("OnFailure", "Never"))


def _policy(spec: v1.PodSpec, allowed: tuple[str, ...]) -> Iterator[Problem]:
    if spec.restart_policy not in allowed:
        message = f"'{spec.restart_policy}' must be {' or '.join(allowed)} here"
        yield Problem((*_TEMPLATE, "spec", "restartPolicy"), message)


def _not_negative(value: int | None, path: Path) -> Iterator[Problem]:
    if value is not None and value < 0:
        yield Problem(path, f"{value} must not be negative")
