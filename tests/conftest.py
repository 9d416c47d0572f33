from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that may take long, so that at the end no worker waits for another."""
    limits: dict[Path, float] = {}
    for item in items:
        limits[item.path] = max(limits.get(item.path, 0.0), _limit(item))
    tests = Counter(item.path for item in items)
    items.sort(key=lambda item: (-limits[item.path], -tests[item.path]))


def _limit(item: pytest.Item) -> float:
    """Seconds that a test gives itself instead of the usual ones; 0 for those."""
    mark = item.get_closest_marker("timeout")
    return float(mark.args[0]) if mark and mark.args else 0.0
