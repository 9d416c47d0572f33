"""The friendly Python API: `connect` to a backend and run pods on it."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtimes.client.container import Container
    from runtimes.client.errors import StartFailed
    from runtimes.client.image_run import RunOptions, image_pod
    from runtimes.client.log_lines import LogLine, LogOptions
    from runtimes.client.opening import connect
    from runtimes.client.pod import Pod, PodId
    from runtimes.client.runtime import Runtime
    from runtimes.client.summary import Summary, summarise

__all__ = [
    "Container",
    "LogLine",
    "LogOptions",
    "Pod",
    "PodId",
    "RunOptions",
    "Runtime",
    "StartFailed",
    "Summary",
    "connect",
    "image_pod",
    "summarise",
]

_HOMES = {
    "Container": "container",
    "LogLine": "log_lines",
    "LogOptions": "log_lines",
    "Pod": "pod",
    "PodId": "pod",
    "RunOptions": "image_run",
    "Runtime": "runtime",
    "StartFailed": "errors",
    "Summary": "summary",
    "connect": "opening",
    "image_pod": "image_run",
    "summarise": "summary",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for: a command line pays for what it uses."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found
