"""ListMetricDescriptors, ListPodSandboxMetrics, StreamPodSandboxMetrics.

Source: CRI ListPodSandboxMetrics; cAdvisor metrics/prometheus.go.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.metrics import report
from runtimes.oci.container import observe
from runtimes.oci.container.status import named_image
from runtimes.oci.sandbox import ready

if TYPE_CHECKING:
    from runtimes.oci.engine import Engine
    from runtimes.oci.state.record import ContainerRecord, SandboxRecord


def list_metric_descriptors() -> list[cri.MetricDescriptor]:
    """Name the metrics. Source: CRI ListMetricDescriptors."""
    return report.descriptors()


def list_pod_sandbox_metrics(engine: Engine) -> list[cri.PodSandboxMetrics]:
    """Measure all READY pods and their running containers; what vanishes meanwhile is left out.

    Source: CRI ListPodSandboxMetrics.
    """
    found = []
    for record in engine.sandboxes.all():
        if ready.is_ready(engine, record):
            with suppress(errors.NotFound):
                found.append(_pod(engine, record))
    return found


def _pod(engine: Engine, record: SandboxRecord) -> cri.PodSandboxMetrics:
    containers = []
    for container in engine.containers_of(record.id):
        if observe.is_running(engine, container):
            place = _place(engine, record, container)
            with suppress(errors.NotFound):
                metrics = report.of_container(engine.cgroups, place, engine.layer_usage)
                containers.append(cri.ContainerMetrics(container_id=container.id, metrics=metrics))
    return cri.PodSandboxMetrics(
        pod_sandbox_id=record.id,
        metrics=_network(engine, record),
        container_metrics=containers,
    )


def _network(engine: Engine, record: SandboxRecord) -> list[cri.Metric]:
    """The pod's own interfaces; nothing with the host's network."""
    if not record.netns_inode:
        return []
    found = engine.network.statistics(engine.paths.pin(record.id, "net"))
    labels = (record.cgroup_parent, record.id, "", record.namespace, record.name, "")
    return report.of_network(found, labels)


def _place(engine: Engine, sandbox: SandboxRecord, record: ContainerRecord) -> report.Place:
    image = named_image(cri.ContainerConfig.FromString(record.config)).image
    names = (sandbox.namespace, sandbox.name, record.name)
    return report.Place(
        cgroup=record.cgroup_path,
        pid=None if record.process is None else record.process.pid,
        layer=engine.containers.folder(record.id) / "upper",
        started_at_ns=record.started_at_ns,
        labels=(record.cgroup_path, record.id, image, *names),
    )
