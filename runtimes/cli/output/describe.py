"""A pod for people: what it is, what its containers do, and what has happened to it.

Source: kubectl pkg/describe/describe.go (describePod).
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from runtimes.cli.output.describe_container import describe_container
from runtimes.cli.output.events import event_lines
from runtimes.cli.output.sections import Block, Section, lay_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from runtimes.client import JournalEntry
    from runtimes.core.pod import v1


def describe_pod(
    pod: v1.Pod, entries: Sequence[JournalEntry], *, node: str, now_ns: int
) -> list[str]:
    """Write all about a pod with its status, line by line."""
    return [*lay_out(_pod(pod, node)), *_events(entries, now_ns)]


def moment(text: str) -> str:
    """Write a time of Kubernetes as kubectl does for people."""
    if not text:
        return ""
    return datetime.fromisoformat(text).strftime("%a, %d %b %Y %H:%M:%S %z")


def _pod(pod: v1.Pod, node: str) -> Section:
    meta, spec, status = pod.metadata, pod.spec, pod.status
    if status is None:
        raise ValueError("describe a pod without its status")
    every = {
        one.name: one
        for one in (
            *status.init_container_statuses,
            *status.container_statuses,
            *status.ephemeral_container_statuses,
        )
    }
    return [
        ("Name", meta.name),
        ("Namespace", meta.namespace),
        ("UID", meta.uid),
        ("Node", f"{node}/{status.host_ip}".rstrip("/")),
        ("Start Time", moment(status.start_time)),
        ("Labels", _pairs(meta.labels)),
        ("Annotations", _pairs(meta.annotations)),
        ("Status", status.phase),
        ("Deleted", moment(meta.deletion_timestamp)),
        ("Reason", status.reason),
        ("Message", status.message),
        ("IPs", ", ".join(one.ip for one in status.pod_ips)),
        ("Runtime Class", spec.runtime_class_name),
        ("Restart Policy", spec.restart_policy),
        ("QoS Class", status.qos_class),
        ("Init Containers", _containers(spec.init_containers, every)),
        ("Containers", _containers(spec.containers, every)),
        ("Ephemeral Containers", _containers(spec.ephemeral_containers, every)),
        ("Conditions", _conditions(status.conditions)),
        ("Volumes", [(volume.name, _volume(volume)) for volume in spec.volumes]),
    ]


def _pairs(words: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(f"{name}={value}" for name, value in sorted(words.items())) or ("<none>",)


def _containers(
    containers: Iterable[v1.Container | v1.EphemeralContainer],
    statuses: Mapping[str, v1.ContainerStatus],
) -> Section:
    return [(one.name, describe_container(one, statuses.get(one.name))) for one in containers]


def _conditions(conditions: Sequence[v1.PodCondition]) -> Block:
    rows = [("Type", "Status", "Reason")]
    rows += [(one.type, one.status, one.reason) for one in conditions]
    width = max(len(row[0]) for row in rows)
    return Block(f"{kind:{width}}   {status:6}   {why}".rstrip() for kind, status, why in rows)


def _volume(volume: v1.Volume) -> str:
    """Its kind and the fields that say which."""
    import msgspec

    found = msgspec.to_builtins(volume)
    kinds = {name: value for name, value in found.items() if name != "name" and value is not None}
    return "; ".join(f"{kind} {_source(source)}".rstrip() for kind, source in kinds.items())


def _source(source: object) -> str:
    if not isinstance(source, dict):
        return ""
    plain = {name: value for name, value in source.items() if isinstance(value, (str, int))}
    return " ".join(f"{name}={value}" for name, value in plain.items() if value != "")


def _events(entries: Sequence[JournalEntry], now_ns: int) -> Iterator[str]:
    if not entries:
        yield "Events: <none>"
        return
    yield "Events:"
    yield from (f"  {line}" for line in event_lines(entries, now_ns))
