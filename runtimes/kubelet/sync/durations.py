"""Durations as Go writes them."""

from __future__ import annotations


def spell_seconds(seconds: float) -> str:
    """Write whole seconds: ``10s``, ``1m20s``, ``5m0s``."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


def spell_milliseconds(seconds: float) -> str:
    """Write seconds to the millisecond: ``85ms``, ``1.5s``, ``1m2.25s``."""
    if seconds < 1:
        return f"{int(seconds * 1000)}ms"
    minutes, rest = divmod(int(seconds * 1000) / 1000, 60)
    shown = f"{rest:.3f}".rstrip("0").rstrip(".")
    return f"{minutes:.0f}m{shown}s" if minutes else f"{shown}s"
