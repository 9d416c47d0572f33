"""Ages, sizes and ids as short as people like them, and texts that leave terminals alone."""

from __future__ import annotations

SHORT_ID = 13
_NANO = 10**9
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
_BINARY_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


def short_id(identifier: str) -> str:
    """Cut an id as crictl does, without the algorithm of a digest."""
    return identifier.removeprefix("sha256:")[:SHORT_ID]


def printable(text: str) -> str:
    """Replace what would command a terminal: containers write texts, too (CVE-2021-25743)."""
    return "".join(char if char.isprintable() or char in "\n\t" else "?" for char in text)


def age(since_ns: int, now_ns: int) -> str:
    """Write how long ago something was, as kubectl does: ``45s``, ``3m20s``, ``5h``, ``2d``."""
    if since_ns <= 0:
        return "<unknown>"
    return duration(max(0, now_ns - since_ns) / _NANO)


def duration(seconds: float) -> str:
    """Write seconds with one or two units."""
    whole = int(seconds)
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if whole < 120:
        return f"{whole}s"
    if minutes < 10:
        return _two(minutes, "m", whole % 60, "s")
    if hours < 3:
        return f"{minutes}m"
    if hours < 8:
        return _two(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    return _two(days, "d", hours % 24, "h") if days < 8 else f"{days}d"


def size(amount: int | None, *, binary: bool = False) -> str:
    """Write bytes with three digits: ``4.27MB``, or ``3.1MiB`` as memory is counted."""
    if amount is None:
        return "-"
    step, units = (1024, _BINARY_UNITS) if binary else (1000, _UNITS)
    value, unit = float(amount), 0
    while value >= step and unit < len(units) - 1:
        value /= step
        unit += 1
    return f"{amount}B" if unit == 0 else f"{value:.3g}{units[unit]}"


def _two(first: int, first_unit: str, second: int, second_unit: str) -> str:
    return f"{first}{first_unit}{second}{second_unit}" if second else f"{first}{first_unit}"
