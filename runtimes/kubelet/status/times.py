"""Times as Kubernetes writes them: seconds, UTC."""

from __future__ import annotations

from datetime import UTC, datetime

_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def format_ns(ns: int) -> str:
    """Write ns since the epoch; empty for 0."""
    return datetime.fromtimestamp(ns // 10**9, UTC).strftime(_FORMAT) if ns > 0 else ""


def parse_seconds(text: str) -> float | None:
    """Read a time; None when it is empty or none."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None
