"""The API's table of contents.

    /pods                                    v1 PodList with statuses
    /containerLogs/<namespace>/<pod>/<container>
    /stats/summary  /stats/history           what is used, now and in the last ten minutes
    /metrics  /metrics/resource              for Prometheus
    /events                                  v1 EventList
    /healthz  /livez  /readyz
    /                                        a page for people

Source: kubelet pkg/kubelet/server/server.go; /events and /stats/history are ours.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.kubelet.api import logs, metrics, page, reply
from runtimes.kubelet.api.history import history
from runtimes.kubelet.api.node import node_facts
from runtimes.kubelet.api.reply import PROMETHEUS, Reply
from runtimes.kubelet.api.request import Refused
from runtimes.kubelet.api.summary import disks, summary
from runtimes.kubelet.api.usage import Sampler, image_stats, network_stats
from runtimes.kubelet.journal.kubernetes import event_list

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.kubelet.api.metrics import EventCounts
    from runtimes.kubelet.api.request import Request
    from runtimes.kubelet.api.sight import Sight


@dataclass(frozen=True, slots=True)
class Routes:
    """Answers requests; blocking and thread-safe."""

    sight: Sight
    sampler: Sampler
    counts: EventCounts

    def __call__(self, request: Request) -> Reply:
        """Answer one.

        Raises:
            Refused: there is no such page.
            Error: what it asks for can't be looked at.
        """
        if request.path[0] == "containerLogs" and len(request.path) == 4:
            return self._logs(request)
        name = "/".join(request.path)
        pages: dict[str, Callable[[Request], Reply]] = {
            "pods": self._pods,
            "events": self._events,
            "stats/summary": self._summary,
            "stats/history": self._history,
            "metrics": self._metrics,
            "metrics/resource": self._resources,
            "healthz": self._healthz,
            "livez": self._healthz,
            "readyz": self._readyz,
        }
        if name in pages:
            return pages[name](request)
        found = page.find(name)
        if found is None:
            raise Refused(404, f"no such page; there are /{' /'.join(pages)} /containerLogs and /")
        return found

    def at_once(self, request: Request) -> Reply | None:
        """Answer what asks for a look at nothing; None for all else."""
        return self._healthz(request) if request.path in {("healthz",), ("livez",)} else None

    def _pods(self, _request: Request) -> Reply:
        items = self.sight.pods()
        return reply.json({"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": items})

    def _events(self, request: Request) -> Reply:
        asked = request.query
        names = [asked["pod"]] if "pod" in asked else []
        pods = self.sight.store.journal.all(asked.get("namespace"), names)
        return reply.json(event_list(pods, self.sight.config.node_name))

    def _logs(self, request: Request) -> Reply:
        _, namespace, name, container = request.path
        query = logs.read_query(request.query, time.time_ns())
        pod = self.sight.pod(namespace, name)
        return Reply(chunks=logs.container_logs(self.sight.runtime, pod, container, query))

    def _summary(self, _request: Request) -> Reply:
        sight, config = self.sight, self.sight.config
        on_disk = disks(config.root, image_stats(sight.runtime.image_stats))
        node = {"nodeName": config.node_name, **node_facts(), **on_disk}
        looks, networks = self.sampler.latest(), network_stats(sight.runtime)
        return reply.json(summary(node, looks, sight.pods(), networks))

    def _history(self, request: Request) -> Reply:
        since = request.query.get("since", "0")
        if not since.isascii() or not since.isdigit() or len(since) > 15:
            raise Refused(400, "since is in milliseconds since the epoch")
        return reply.json(history(self.sampler.history(), int(since)))

    def _metrics(self, _request: Request) -> Reply:
        sight = self.sight
        found = sight.runtime.get_pods(include_exited=True)
        every = [
            *metrics.of_pods(sight.config.node_name, sight.pods(), found),
            *self.counts.metrics(),
            *metrics.of_process(),
        ]
        return Reply(body=metrics.exposition(every).encode(), kind=PROMETHEUS)

    def _resources(self, _request: Request) -> Reply:
        _, sample = self.sampler.latest()
        every = metrics.of_resources(sample, self.sight.pods())
        return Reply(body=metrics.exposition(every).encode(), kind=PROMETHEUS)

    def _healthz(self, _request: Request) -> Reply:
        stalled = self.sight.stalled()
        return reply.text(stalled, 500) if stalled else reply.text("ok")

    def _readyz(self, request: Request) -> Reply:
        wrong = [
            f"{one.type}: {one.reason} {one.message}".rstrip()
            for one in self.sight.runtime.status()
            if not one.status
        ]
        return reply.text("\n".join(wrong), 503) if wrong else self._healthz(request)
