"""The agent's threads: who waits for whom."""

from __future__ import annotations

import asyncio
import threading

from runtimes.kubelet.agent.lanes import Lanes


def test_the_folder_is_read_though_every_look_hangs() -> None:
    free = threading.Event()

    async def read_meanwhile() -> str:
        lanes = Lanes(1, lambda: False)
        looks = [asyncio.create_task(lanes.look(free.wait)) for _ in range(20)]
        await asyncio.sleep(0)  # each has its place in the queue now
        try:
            return await asyncio.wait_for(lanes.read(lambda: "read"), 30)
        finally:
            free.set()
            await asyncio.gather(*looks)
            lanes.close()

    assert asyncio.run(read_meanwhile()) == "read"
