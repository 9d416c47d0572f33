"""What the marks `needs_...` of a test ask of the host."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from runtimes.contract.engines.session import give_up, session_of
from runtimes.contract.engines.world import missing_tools

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

_ENGINES = {
    "needs_containerd": "containerd",
    "needs_docker": "dockerd",
    "needs_registry": "registry",
}


def prepare(marks: Iterable[str], config: pytest.Config) -> None:
    """Start the engines that are asked for; `ensure` tells of those that don't."""
    for mark in marks:
        if mark in _ENGINES:
            session_of(config).problem(_ENGINES[mark])


def ensure(mark: str, config: pytest.Config) -> None:
    """Start what the test needs; skip it, or fail it under ``CI=true``, when that can't be."""
    if mark in _ENGINES:
        session_of(config).env(_ENGINES[mark])
    elif mark == "needs_root" and os.geteuid():
        give_up("needs root")
    elif mark == "needs_oci":
        _ensure_oci()


def _ensure_oci() -> None:
    if os.geteuid():
        give_up("needs root")
    if len(missing_tools(["crun", "runc"])) == 2:
        give_up("needs crun or runc (apt-get install crun conmon)")
