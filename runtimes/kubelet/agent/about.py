"""What an agent tells of itself to other processes: a file in its root, which holds while it lives.

<root>/agent-<backend>.json
"""

from __future__ import annotations

import logging
import os
import time
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from runtimes.core import typed_json
from runtimes.core.host.process import Process, identify

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger(__name__)


class AgentInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One agent.

    Attributes:
        started_ns: when it began, ns since the epoch.
        manifests: the folder that it keeps.
        http: where its API listens; empty when it has none.
        problems: what is wrong with manifests, by file.
    """

    process: Process
    started_ns: int
    manifests: str
    http: str = ""
    problems: dict[str, str] = {}


class Announcement:
    """What this process tells of the agent that it is; that it can't be told stops nothing."""

    def __init__(self, root: Path, backend: str, manifests: str) -> None:
        self._path = _path(root, backend)
        process = identify(os.getpid()) or Process(os.getpid(), 0)
        self._said = AgentInfo(process=process, started_ns=time.time_ns(), manifests=manifests)

    def http(self, url: str) -> None:
        """Tell where the API listens; empty for nowhere."""
        self._say(replace(self._said, http=url))

    def problems(self, problems: dict[str, str]) -> None:
        """Tell what is wrong with manifests, by file."""
        self._say(replace(self._said, problems=problems))

    def _say(self, info: AgentInfo) -> None:
        self._said = info
        half = self._path.with_suffix(".new")
        try:
            half.write_bytes(msgspec.json.format(msgspec.json.encode(info), indent=1) + b"\n")
            half.replace(self._path)
        except OSError as error:
            log.warning("write %s: %s", self._path, error)


def read(root: Path, backend: str) -> AgentInfo | None:
    """Hear of the agent of a root; None when there is none that lives."""
    try:
        about = typed_json.decode(_path(root, backend).read_bytes(), AgentInfo)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None
    return about if about.process.alive else None


def _path(root: Path, backend: str) -> Path:
    return root / f"agent-{backend}.json"
