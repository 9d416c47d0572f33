"""``/stats/history``: the last ten minutes of what is used, for the page's graphs.

    {"times": [ms since the epoch], "node": {"cpu": [cores], "memory": [bytes], ...},
     "pods": {uid: {"cpu": [cores], "memory": [bytes]}}}

with null where it isn't known. Not kubelet's, which keeps no history.
"""

from __future__ import annotations

import os
from itertools import pairwise
from typing import TYPE_CHECKING

from runtimes.kubelet.api.usage import nano_cores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtimes.kubelet.api.usage import Sample

Use = tuple[int | None, int | None]
"""Billionths of a core, and bytes."""


def history(samples: Sequence[Sample], since_ms: int = 0) -> dict[str, object]:
    """Compute what is newer than `since_ms`."""
    steps = [two for two in pairwise(samples) if two[1].at_ns // 10**6 > since_ms]
    uses = [_pods(before, after) for before, after in steps]
    uids = sorted({uid for one in uses for uid in one})
    return {
        "times": [after.at_ns // 10**6 for _, after in steps],
        "node": {
            "cores": os.cpu_count(),
            "memoryTotal": samples[-1].node.memory_total_bytes if samples else None,
            "cpu": [_cores(_node(*step)) for step in steps],
            "memory": [
                after.node.memory_total_bytes - after.node.memory_available_bytes
                for _, after in steps
            ],
        },
        "pods": {
            uid: {
                "cpu": [_cores(one.get(uid, (None, None))[0]) for one in uses],
                "memory": [one.get(uid, (None, None))[1] for one in uses],
            }
            for uid in uids
        },
    }


def _node(before: Sample, after: Sample) -> int | None:
    return nano_cores(before.node.cpu_ns, after.node.cpu_ns, after.at_ns - before.at_ns)


def _pods(before: Sample, after: Sample) -> dict[str, Use]:
    found: dict[str, Use] = {}
    for usage in after.containers.values():
        earlier = before.containers.get(usage.id)
        cores = None
        if earlier is not None:
            passed = usage.timestamp_ns - earlier.timestamp_ns
            cores = nano_cores(earlier.cpu_usage_ns, usage.cpu_usage_ns, passed)
        one, two = found.get(usage.pod_uid, (None, None))
        found[usage.pod_uid] = (
            _plus(one, cores),
            _plus(two, usage.memory_working_set_bytes),
        )
    return found


def _plus(one: int | None, other: int | None) -> int | None:
    return one if other is None else (one or 0) + other


def _cores(nano: int | None) -> float | None:
    return None if nano is None else round(nano / 1e9, 4)
