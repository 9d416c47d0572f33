"""How long tasks waited for a resource: some of them, or all at once. Only cgroup v2 has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cgroup import stats
from runtimes.core.metrics.family import COUNTER, Family, Sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.core.cgroup.files import Files

_WORDS = {"some": ("waiting", "some tasks"), "full": ("stalled", "all tasks at once")}
_FAMILY_OF = {
    (resource, line): Family(
        f"container_pressure_{resource}_{word}_seconds_total",
        f"How long {who} waited for {resource}, in seconds.",
        COUNTER,
    )
    for resource in ("cpu", "memory", "io")
    for line, (word, who) in _WORDS.items()
}
FAMILIES = tuple(_FAMILY_OF.values())


def samples(files: Files) -> Iterator[Sample]:
    for (resource, line), family in _FAMILY_OF.items():
        found = stats.pressure(files.layout, files.path, resource).get(line)
        if found is not None:
            yield Sample(family, found.total_us // 1_000_000)
