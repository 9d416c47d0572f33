"""Which pods an object wants now, from what became of those it has; pure.

    Pod         itself
    Deployment  <name>-0 ... <name>-<replicas - 1>, for ever
    Job         <name>-0, <name>-1, ... until it has ended, see `job`

Names are stable, so applying again changes the same pods, and a smaller number leaves the highest
names over.

Source: kubernetes pkg/controller/deployment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.pod.workloads import Deployment, Job
from runtimes.kubelet.workloads.job import plan_job
from runtimes.kubelet.workloads.model import AT_ONCE, NOTHING_KNOWN, JobPace, Known, Plan
from runtimes.kubelet.workloads.template import pod_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runtimes.core.pod import v1


def plan(
    wanted: v1.Pod | Deployment | Job,
    known: Mapping[str, Known] = NOTHING_KNOWN,
    now: float = 0.0,
    pace: JobPace = AT_ONCE,
) -> Plan:
    """Compare an object with its pods.

    Args:
        wanted: judged and with defaults.
        known: the object's own pods by name; see `template.owner`.
        now: seconds since the epoch, for a Job's times.
        pace: of a Job.
    """
    if isinstance(wanted, Deployment):
        return _deployment(wanted, known)
    if isinstance(wanted, Job):
        return plan_job(wanted, known, now, pace)
    return Plan(pods=(wanted,))


def replicas_of(wanted: Deployment) -> int:
    return 1 if wanted.spec.replicas is None else wanted.spec.replicas


def _deployment(wanted: Deployment, known: Mapping[str, Known]) -> Plan:
    pods = tuple(pod_of(wanted, number) for number in range(replicas_of(wanted)))
    names = {pod.metadata.name for pod in pods}
    return Plan(pods=pods, surplus=tuple(name for name in known if name not in names))
