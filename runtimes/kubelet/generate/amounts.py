"""Quantities as numbers; a pod's few texts are read again and again, so answers are kept."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=1024)
def milli(text: str) -> int:
    """Thousandths, rounded away from zero: a CPU's millicores.

    Raises:
        InvalidArgument: it is no quantity.
    """
    from runtimes.core import quantity

    return quantity.milli(text)


@lru_cache(maxsize=1024)
def units(text: str) -> int:
    """Whole units, rounded away from zero: bytes.

    Raises:
        InvalidArgument: it is no quantity.
    """
    from runtimes.core import quantity

    return quantity.units(text)
