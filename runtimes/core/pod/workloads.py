"""What makes pods from a template: Deployment (apps/v1) and Job (batch/v1).

Names are Kubernetes', as in `v1`. A status is kept as it was read: nobody here writes one.
"""

from __future__ import annotations

import msgspec

from runtimes.core.pod.v1 import Int32, Int64, LabelSelector, ObjectMeta, PodSpec, Struct


class PodTemplateSpec(Struct, frozen=True, kw_only=True):
    metadata: ObjectMeta = msgspec.field(default_factory=ObjectMeta)
    spec: PodSpec = msgspec.field(default_factory=PodSpec)


class RollingUpdateDeployment(Struct, frozen=True, kw_only=True):
    max_surge: Int32 | str | None = None
    max_unavailable: Int32 | str | None = None


class DeploymentStrategy(Struct, frozen=True, kw_only=True):
    rolling_update: RollingUpdateDeployment | None = None
    type: str = ""


class DeploymentSpec(Struct, frozen=True, kw_only=True):
    min_ready_seconds: Int32 | None = None
    paused: bool | None = None
    progress_deadline_seconds: Int32 | None = None
    replicas: Int32 | None = None
    revision_history_limit: Int32 | None = None
    selector: LabelSelector = msgspec.field(default_factory=LabelSelector)
    strategy: DeploymentStrategy | None = None
    template: PodTemplateSpec = msgspec.field(default_factory=PodTemplateSpec)


class Deployment(Struct, frozen=True, kw_only=True):
    api_version: str = msgspec.field(default_factory=lambda: "apps/v1")
    kind: str = msgspec.field(default_factory=lambda: "Deployment")
    metadata: ObjectMeta = msgspec.field(default_factory=ObjectMeta)
    spec: DeploymentSpec = msgspec.field(default_factory=DeploymentSpec)
    status: dict[str, object] = msgspec.field(default_factory=dict)


class JobSpec(Struct, frozen=True, kw_only=True):
    active_deadline_seconds: Int64 | None = None
    backoff_limit: Int32 | None = None
    backoff_limit_per_index: Int32 | None = None
    completion_mode: str = ""
    completions: Int32 | None = None
    managed_by: str = ""
    manual_selector: bool | None = None
    max_failed_indexes: Int32 | None = None
    parallelism: Int32 | None = None
    pod_failure_policy: dict[str, object] = msgspec.field(default_factory=dict)
    pod_replacement_policy: str = ""
    selector: LabelSelector | None = None
    success_policy: dict[str, object] = msgspec.field(default_factory=dict)
    suspend: bool | None = None
    template: PodTemplateSpec = msgspec.field(default_factory=PodTemplateSpec)
    ttl_seconds_after_finished: Int32 | None = None


class Job(Struct, frozen=True, kw_only=True):
    api_version: str = msgspec.field(default_factory=lambda: "batch/v1")
    kind: str = msgspec.field(default_factory=lambda: "Job")
    metadata: ObjectMeta = msgspec.field(default_factory=ObjectMeta)
    spec: JobSpec = msgspec.field(default_factory=JobSpec)
    status: dict[str, object] = msgspec.field(default_factory=dict)


Workload = Deployment | Job

REQUIRED: dict[str, tuple[str, ...]] = {
    "Deployment": ("spec",),
    "DeploymentSpec": ("selector", "template"),
    "Job": ("spec",),
    "JobSpec": ("template",),
    "PodTemplateSpec": ("spec",),
}
