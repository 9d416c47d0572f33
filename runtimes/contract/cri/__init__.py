"""The profile `cri`: what every CRI service owes its callers; `import *` brings all its tests."""

from __future__ import annotations

from runtimes.contract import suite


def __getattr__(name: str) -> object:
    return suite.attribute(__name__, name)
