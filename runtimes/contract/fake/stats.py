"""The stats RPCs of the fake: numbers that grow with time and never shrink."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.contract.fake.records import ContainerRecord, SandboxRecord
    from runtimes.contract.fake.world import World

CPU_SHARE = 0.01
MEMORY = 1 << 20
PROCESSES = 1


def container(world: World, container_id: str) -> cri.ContainerStats:
    return _container(world, world.container(container_id))


def containers(world: World, filter: cri.ContainerStatsFilter | None) -> list[cri.ContainerStats]:
    wanted = filter or cri.ContainerStatsFilter()
    return [
        _container(world, record)
        for record in world.containers.values()
        if record.running
        and record.id.startswith(wanted.id)
        and record.sandbox_id.startswith(wanted.pod_sandbox_id)
        and wanted.label_selector.items() <= record.config.labels.items()
    ]


def sandbox(world: World, pod_sandbox_id: str) -> cri.PodSandboxStats:
    return _sandbox(world, world.sandbox(pod_sandbox_id))


def sandboxes(world: World, filter: cri.PodSandboxStatsFilter | None) -> list[cri.PodSandboxStats]:
    wanted = filter or cri.PodSandboxStatsFilter()
    return [
        _sandbox(world, record)
        for record in world.sandboxes.values()
        if record.ready
        and record.id.startswith(wanted.id)
        and wanted.label_selector.items() <= record.config.labels.items()
    ]


def _container(world: World, record: ContainerRecord) -> cri.ContainerStats:
    now_ns = world.clock.now_ns()
    written = sum(len(content) for content in record.layer.values() if content)
    return cri.ContainerStats(
        attributes=cri.ContainerAttributes(
            id=record.id,
            metadata=record.config.metadata,
            labels=record.config.labels,
            annotations=record.config.annotations,
        ),
        cpu=_cpu(record, now_ns),
        memory=_memory(now_ns, 1 if record.running else 0),
        writable_layer=cri.FilesystemUsage(
            timestamp=now_ns,
            fs_id=cri.FilesystemIdentifier(mountpoint="/"),
            used_bytes=cri.UInt64Value(value=written),
            inodes_used=cri.UInt64Value(value=len(record.layer)),
        ),
    )


def _sandbox(world: World, record: SandboxRecord) -> cri.PodSandboxStats:
    now_ns = world.clock.now_ns()
    running = [
        one for one in world.containers.values() if one.running and one.sandbox_id == record.id
    ]
    used = sum(_cpu(one, now_ns).usage_core_nano_seconds.value for one in running)
    zero = cri.UInt64Value(value=0)
    return cri.PodSandboxStats(
        attributes=cri.PodSandboxAttributes(
            id=record.id,
            metadata=record.config.metadata,
            labels=record.config.labels,
            annotations=record.config.annotations,
        ),
        linux=cri.LinuxPodSandboxStats(
            cpu=cri.CpuUsage(timestamp=now_ns, usage_core_nano_seconds=cri.UInt64Value(value=used)),
            memory=_memory(now_ns, len(running)),
            network=cri.NetworkUsage(
                timestamp=now_ns,
                default_interface=cri.NetworkInterfaceUsage(
                    name="eth0", rx_bytes=zero, tx_bytes=zero
                ),
            ),
            process=cri.ProcessUsage(
                timestamp=now_ns, process_count=cri.UInt64Value(value=PROCESSES * len(running))
            ),
            containers=[_container(world, one) for one in running],
        ),
    )


def _cpu(record: ContainerRecord, now_ns: int) -> cri.CpuUsage:
    lived = (record.finished_ns or now_ns) - record.started_ns if record.started_ns else 0
    used = 1 + round(lived * CPU_SHARE)
    return cri.CpuUsage(timestamp=now_ns, usage_core_nano_seconds=cri.UInt64Value(value=used))


def _memory(now_ns: int, processes: int) -> cri.MemoryUsage:
    value = cri.UInt64Value(value=MEMORY * processes)
    return cri.MemoryUsage(timestamp=now_ns, working_set_bytes=value, usage_bytes=value)


def descriptors() -> list[cri.MetricDescriptor]:
    return [
        cri.MetricDescriptor(
            name="container_cpu_usage_seconds_total",
            help="Cumulative CPU time consumed, in seconds",
            label_keys=["id", "name"],
        )
    ]


def metrics(world: World) -> list[cri.PodSandboxMetrics]:
    return [_metrics(world, record) for record in world.sandboxes.values() if record.ready]


def _metrics(world: World, record: SandboxRecord) -> cri.PodSandboxMetrics:
    now_ns = world.clock.now_ns()
    return cri.PodSandboxMetrics(
        pod_sandbox_id=record.id,
        container_metrics=[
            cri.ContainerMetrics(
                container_id=one.id,
                metrics=[
                    cri.Metric(
                        name=descriptors()[0].name,
                        timestamp=now_ns,
                        metric_type=cri.COUNTER,
                        label_values=[one.id, one.config.metadata.name],
                        value=cri.UInt64Value(
                            value=_cpu(one, now_ns).usage_core_nano_seconds.value // 10**9
                        ),
                    )
                ],
            )
            for one in world.containers.values()
            if one.running and one.sandbox_id == record.id
        ],
    )
