"""How many dead containers to keep."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GarbagePolicy:
    """Negative counts mean no limit.

    Attributes:
        min_age: seconds since creation before a dead container may go.
        max_per_container: dead attempts kept per (pod, container name).
        max_containers: dead containers kept in all.

    Source: kubelet pkg/kubelet/container/container_gc.go.
    """

    min_age: float = 0.0
    max_per_container: int = 1
    max_containers: int = -1
