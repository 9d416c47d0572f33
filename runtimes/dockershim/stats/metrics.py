"""ListMetricDescriptors, ListPodSandboxMetrics, StreamPodSandboxMetrics.

Source: CRI ListPodSandboxMetrics; cAdvisor metrics/prometheus.go.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cgroup import layout as cgroup_layout
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.docker.cgroup import cgroup_of
from runtimes.core.metrics import report
from runtimes.dockershim.container.list import summary
from runtimes.dockershim.container.state import moment
from runtimes.dockershim.sandbox import find
from runtimes.dockershim.sandbox.ready import is_ready
from runtimes.dockershim.stats.container import written_to
from runtimes.dockershim.stats.sandbox import interfaces_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from runtimes.dockershim.engine import Engine
    from runtimes.dockershim.state.record import SandboxRecord


def list_metric_descriptors() -> list[cri.MetricDescriptor]:
    """Name the metrics. Source: CRI ListMetricDescriptors."""
    return report.descriptors()


def list_pod_sandbox_metrics(engine: Engine) -> list[cri.PodSandboxMetrics]:
    """Measure all READY pods and their running containers; what vanishes meanwhile is left out.

    Source: CRI ListPodSandboxMetrics.
    """
    lines = [line for line in map(summary, engine.cache.containers()) if line is not None]
    running = [line for line in lines if line.state == cri.CONTAINER_RUNNING]
    measured = []
    for found in find.every(engine):
        if found.record is not None and is_ready(engine, found.record, found.summary):
            mine = (line for line in running if line.pod_sandbox_id == found.id)
            with suppress(errors.NotFound):
                measured.append(_pod(engine, found.record, mine))
    return measured


def _pod(
    engine: Engine, record: SandboxRecord, running: Iterable[cri.Container]
) -> cri.PodSandboxMetrics:
    parent = cri.PodSandboxConfig.FromString(record.config).linux.cgroup_parent
    labels = (parent, record.sandbox_id, "", record.namespace, record.name, "")
    return cri.PodSandboxMetrics(
        pod_sandbox_id=record.sandbox_id,
        metrics=report.of_network(interfaces_of(record), labels),
        container_metrics=_containers(engine, record, running),
    )


def _containers(
    engine: Engine, record: SandboxRecord, running: Iterable[cri.Container]
) -> Iterator[cri.ContainerMetrics]:
    for line in running:
        with suppress(errors.NotFound):
            place = _place(engine, record, line)
            metrics = report.of_container(cgroup_layout.detect(), place, engine.usage)
            yield cri.ContainerMetrics(container_id=line.id, metrics=metrics)


def _place(engine: Engine, record: SandboxRecord, line: cri.Container) -> report.Place:
    found = engine.cache.inspect(line.id)
    cgroup = cgroup_of(engine.processes, found)
    if cgroup is None:
        raise errors.NotFound(f"container '{line.id}' has ended, so there is nothing to measure")
    process = engine.processes.find(line.id, found["State"]["Pid"])
    names = (record.namespace, record.name, line.metadata.name)
    return report.Place(
        cgroup=cgroup,
        pid=None if process is None else process.pid,
        layer=written_to(found),
        started_at_ns=moment(found["State"]["StartedAt"]),
        labels=(cgroup, line.id, line.image.image, *names),
    )
