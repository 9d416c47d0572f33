"""The friendly Python API: `connect` to a backend and run pods on it."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtimes.client.container import Container
    from runtimes.client.debug import DebugOptions
    from runtimes.client.errors import StartFailed
    from runtimes.client.image_run import RunOptions, image_pod
    from runtimes.client.log_lines import LogLine, LogOptions
    from runtimes.client.opening import connect
    from runtimes.client.pod import Pod
    from runtimes.client.pod_events import PodEvent
    from runtimes.client.pod_id import PodId
    from runtimes.client.runtime import Runtime
    from runtimes.client.summary import Summary, summarise
    from runtimes.kubelet.agent.about import AgentInfo
    from runtimes.kubelet.events import Event
    from runtimes.kubelet.journal.entry import JournalEntry
    from runtimes.kubelet.journal.journal import PodJournal
    from runtimes.kubelet.manifest.load import Validation
    from runtimes.kubelet.status.view import PodView

__all__ = [
    "AgentInfo",
    "Container",
    "DebugOptions",
    "Event",
    "JournalEntry",
    "LogLine",
    "LogOptions",
    "Pod",
    "PodEvent",
    "PodId",
    "PodJournal",
    "PodView",
    "RunOptions",
    "Runtime",
    "StartFailed",
    "Summary",
    "Validation",
    "connect",
    "image_pod",
    "summarise",
]

_HOMES = {
    "AgentInfo": "runtimes.kubelet.agent.about",
    "Container": "runtimes.client.container",
    "DebugOptions": "runtimes.client.debug",
    "Event": "runtimes.kubelet.events",
    "JournalEntry": "runtimes.kubelet.journal.entry",
    "LogLine": "runtimes.client.log_lines",
    "LogOptions": "runtimes.client.log_lines",
    "Pod": "runtimes.client.pod",
    "PodEvent": "runtimes.client.pod_events",
    "PodId": "runtimes.client.pod_id",
    "PodJournal": "runtimes.kubelet.journal.journal",
    "PodView": "runtimes.kubelet.status.view",
    "RunOptions": "runtimes.client.image_run",
    "Runtime": "runtimes.client.runtime",
    "StartFailed": "runtimes.client.errors",
    "Summary": "runtimes.client.summary",
    "Validation": "runtimes.kubelet.manifest.load",
    "connect": "runtimes.client.opening",
    "image_pod": "runtimes.client.image_run",
    "summarise": "runtimes.client.summary",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for: a command line pays for what it uses."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(_HOMES[name]), name)
    globals()[name] = found
    return found
