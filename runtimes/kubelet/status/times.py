"""Times as Kubernetes writes them: seconds, UTC."""

from __future__ import annotations

import time

_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def format_ns(ns: int) -> str:
    """Write ns since the epoch; empty for 0."""
    return time.strftime(_FORMAT, time.gmtime(ns // 10**9)) if ns > 0 else ""


def parse_seconds(text: str) -> float | None:
    """Read a time; None when it is empty or none."""
    from datetime import datetime

    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None
