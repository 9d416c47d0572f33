"""A metric's description, and one value of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from collections.abc import Sequence

LABELS = ("id", "name", "image", "namespace", "pod", "container")
"""What every metric is labelled by: cgroup, container id, image, and the pod's own names."""
COUNTER: cri.MetricType.ValueType = cri.COUNTER


@dataclass(frozen=True, slots=True)
class Family:
    """Attributes:
    more: labels beside the usual ones.
    """

    name: str
    help: str
    kind: cri.MetricType.ValueType = cri.GAUGE
    more: tuple[str, ...] = ()

    def descriptor(self) -> cri.MetricDescriptor:
        return cri.MetricDescriptor(
            name=self.name, help=self.help, label_keys=(*LABELS, *self.more)
        )


@dataclass(frozen=True, slots=True)
class Sample:
    """Attributes:
    more: values of the family's own labels.
    """

    family: Family
    value: int
    more: tuple[str, ...] = ()

    def metric(self, labels: Sequence[str], timestamp_ns: int) -> cri.Metric:
        """`labels` are values of `LABELS`."""
        return cri.Metric(
            name=self.family.name,
            timestamp=timestamp_ns,
            metric_type=self.family.kind,
            label_values=(*labels, *self.more),
            value=cri.UInt64Value(value=self.value),
        )
