"""The profile `streaming`: what goes through exec, attach and port-forward, both ways."""

from __future__ import annotations

from runtimes.contract import suite


def __getattr__(name: str) -> object:
    return suite.attribute(__name__, name)
