"""The friendly Python API: `connect` to a backend and run pods on it."""

from runtimes.client.connect import connect
from runtimes.client.container import Container
from runtimes.client.errors import StartFailed
from runtimes.client.image_pod import RunOptions, image_pod
from runtimes.client.log_lines import LogLine, LogOptions
from runtimes.client.pod import Pod
from runtimes.client.runtime import Runtime
from runtimes.client.summary import Summary, summarise

__all__ = [
    "Container",
    "LogLine",
    "LogOptions",
    "Pod",
    "RunOptions",
    "Runtime",
    "StartFailed",
    "Summary",
    "connect",
    "image_pod",
    "summarise",
]
