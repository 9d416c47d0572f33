"""The profile `docker`: what every DockerInterface owes; `import *` brings all its tests.

The plugin's options say which one is certified, or a module's own fixture `docker_subject`.
"""

from __future__ import annotations

from runtimes.contract import suite


def __getattr__(name: str) -> object:
    return suite.attribute(__name__, name)
