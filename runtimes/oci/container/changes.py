"""Wait for something to happen to a pod's containers, without polling.

Each running container has a monitor that ends right after it has noted the exit: its pidfd is the
event. No daemon, no thread, no file watch.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from runtimes.core.host.process import wait_any_gone
from runtimes.oci.container import observe
from runtimes.oci.state.derive import State

if TYPE_CHECKING:
    from runtimes.oci.engine import Engine
    from runtimes.oci.state.record import ContainerRecord


class Changes:
    """Remembers which ends were told, so that none between two waits is missed. Thread-safe."""

    def __init__(self) -> None:
        self._told: dict[str, frozenset[str]] = {}
        self._guard = threading.Lock()

    def wait(self, engine: Engine, pod_uid: str, timeout: float) -> bool:
        """Wait until a container of the pod has ended; False after `timeout` seconds without.

        True at once if one has ended since the last call for this pod.
        """
        running, ended = self._look(engine, pod_uid)
        if self._is_news(pod_uid, ended):
            return True
        watched = [process for record in running if (process := record.monitor or record.process)]
        if not wait_any_gone(watched, timeout):
            return False
        self._is_news(pod_uid, self._look(engine, pod_uid)[1])
        return True

    def _look(self, engine: Engine, pod_uid: str) -> tuple[list[ContainerRecord], frozenset[str]]:
        pods = engine.sandboxes.all(lambda record: record.uid == pod_uid)
        sandboxes = {record.id for record in pods}
        mine = engine.containers.all(lambda record: record.sandbox_id in sandboxes)
        states = {record.id: observe.observe(engine, record).state for record in mine}
        running = [record for record in mine if states[record.id] is State.RUNNING]
        return running, frozenset(
            container_id for container_id, state in states.items() if state is State.EXITED
        )

    def _is_news(self, pod_uid: str, ended: frozenset[str]) -> bool:
        with self._guard:
            news = ended - self._told.get(pod_uid, frozenset())
            if ended:
                self._told[pod_uid] = ended
            else:
                self._told.pop(pod_uid, None)
        return bool(news)
