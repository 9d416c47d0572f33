"""SPDY/3.1 as Kubernetes streams over it: frames and streams, without any I/O."""

from runtimes.core.streaming.spdy.connection import PROTOCOL_ERROR, Connection, Limits
from runtimes.core.streaming.spdy.events import Accepted, Event, Left, Opened, Received, Reset

__all__ = [
    "PROTOCOL_ERROR",
    "Accepted",
    "Connection",
    "Event",
    "Left",
    "Limits",
    "Opened",
    "Received",
    "Reset",
]
