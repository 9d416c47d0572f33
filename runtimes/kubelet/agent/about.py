"""What an agent tells of itself to other processes: a file in its root, which holds while it lives.

<root>/agent-<backend>.json
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

import msgspec

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


def this_process() -> Process:
    return identify(os.getpid()) or Process(os.getpid(), 0)


def write(root: Path, backend: str, about: AgentInfo) -> None:
    """Tell; that it can't be told stops nothing."""
    path = _path(root, backend)
    half = path.with_suffix(".new")
    try:
        half.write_bytes(msgspec.json.format(msgspec.json.encode(about), indent=1) + b"\n")
        half.replace(path)
    except OSError as error:
        log.warning("write %s: %s", path, error)


def read(root: Path, backend: str) -> AgentInfo | None:
    """Hear of the agent of a root; None when there is none that lives."""
    try:
        about = msgspec.json.decode(_path(root, backend).read_bytes(), type=AgentInfo)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None
    return about if about.process.alive else None


def _path(root: Path, backend: str) -> Path:
    return root / f"agent-{backend}.json"
