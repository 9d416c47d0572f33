"""Pods made from a workload's template, and how to know them again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from runtimes.core.pod import v1

if TYPE_CHECKING:
    from runtimes.core.pod.workloads import Job, Workload

OWNER = "runtimes.kubelet/workload"
"""Annotation of a pod that a workload wants: ``<kind>/<namespace>/<name>`` of it."""


def owner(workload: Workload) -> str:
    """Write what `OWNER` says on the workload's pods."""
    meta = workload.metadata
    return f"{workload.kind}/{meta.namespace}/{meta.name}"


def pod_of(workload: Workload, number: int) -> v1.Pod:
    """Make the pod of that number, with the labels and annotations of the template."""
    template, meta = workload.spec.template, workload.metadata
    metadata = replace(
        template.metadata,
        name=f"{meta.name}-{number}",
        namespace=meta.namespace,
        annotations={**template.metadata.annotations, OWNER: owner(workload)},
    )
    return v1.Pod(metadata=metadata, spec=template.spec)


def definition(job: Job) -> str:
    """Digest what makes a Job another one: its template and how often it has to succeed."""
    import hashlib

    import msgspec

    said = msgspec.json.encode((job.spec.template, job.spec.completions))
    return hashlib.sha256(said).hexdigest()
