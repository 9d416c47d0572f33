"""The profile `pod`: what every PodRuntime owes; `import *` brings all its tests.

A CRI service takes part through kubelet's generic runtime over it.
"""

from __future__ import annotations

from runtimes.contract import suite


def __getattr__(name: str) -> object:
    return suite.attribute(__name__, name)
