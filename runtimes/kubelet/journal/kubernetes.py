"""Events as Kubernetes writes them in JSON: what `kubectl get events -o json` prints.

Source: kubernetes core/v1 Event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.kubelet.status.times import format_ns

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runtimes.kubelet.journal.entry import JournalEntry
    from runtimes.kubelet.journal.journal import PodJournal


def event_list(pods: Iterable[PodJournal], node_name: str) -> dict[str, object]:
    """Make a v1 EventList, the newest last."""
    found = [(pod, entry) for pod in pods for entry in pod.entries]
    found.sort(key=lambda one: one[1].last_ns)
    items = [event(pod, entry, node_name) for pod, entry in found]
    return {"apiVersion": "v1", "kind": "EventList", "metadata": {}, "items": items}


def event(pod: PodJournal, entry: JournalEntry, node_name: str) -> dict[str, object]:
    """Make one item of such a list."""
    place = {"fieldPath": f"spec.containers{{{entry.container}}}"} if entry.container else {}
    return {
        "metadata": {"name": f"{pod.name}.{entry.first_ns:x}", "namespace": pod.namespace},
        "involvedObject": {
            "kind": "Pod",
            "apiVersion": "v1",
            "namespace": pod.namespace,
            "name": pod.name,
            "uid": pod.uid,
            **place,
        },
        "type": "Warning" if entry.warning else "Normal",
        "reason": entry.reason,
        "message": entry.message,
        "count": entry.count,
        "firstTimestamp": format_ns(entry.first_ns),
        "lastTimestamp": format_ns(entry.last_ns),
        "source": {"component": "kubelet", "host": node_name},
    }
