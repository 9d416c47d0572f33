from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.contract.fake.clock import WallClock
from runtimes.kubelet.tests.agent.house import House
from runtimes.kubelet.tests.bench import Bench

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    bench = Bench(tmp_path, clock=WallClock())  # type: ignore[arg-type]  # an agent lives in real time
    folder = tmp_path / "manifests"
    folder.mkdir()
    made = House(bench, folder)
    yield made
    for agent in made.agents:
        agent.end()
    bench.service.close()
