"""A pod's bandwidth limits, from its annotations. Pure.

Source: kubernetes pkg/util/bandwidth/utils.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.cni.network import Bandwidth
from runtimes.core import errors

if TYPE_CHECKING:
    from runtimes.cni.network import AttachRequest

INGRESS = "kubernetes.io/ingress-bandwidth"
EGRESS = "kubernetes.io/egress-bandwidth"

_LEAST, _MOST = 1_000, 10**15


def of(request: AttachRequest) -> Bandwidth:
    """Read the limits of a pod: given ones, else those of its annotations.

    Raises:
        InvalidArgument: no quantity, or one outside of 1k to 1P bits per second.
    """
    if request.bandwidth is not None:
        return request.bandwidth
    return Bandwidth(_read(request, INGRESS), _read(request, EGRESS))


def _read(request: AttachRequest, annotation: str) -> int:
    text = request.annotations.get(annotation)
    if text is None:
        return 0
    from runtimes.core import quantity

    what = f"limit pod '{request.namespace}/{request.name}' by annotation {annotation}={text}"
    try:
        value = quantity.units(text)
    except errors.InvalidArgument as error:
        raise errors.InvalidArgument(f"{what}: {error}") from error
    if not _LEAST <= value <= _MOST:
        raise errors.InvalidArgument(f"{what}: expected 1k to 1P bits per second")
    return value
