"""What only the driver of a pod knows of it: why a start is held back, and what probes found.

It is written beside the pod's record for others to look at, and holds while that driver lives.
"""

from __future__ import annotations

import logging
import os
from functools import cache
from typing import TYPE_CHECKING

import msgspec

from runtimes.core import typed_json
from runtimes.core.host.process import Process, identify
from runtimes.core.pod import v1  # noqa: TC001 - msgspec evaluates it
from runtimes.core.pod.probes import ProbeResult, ProbeResults
from runtimes.kubelet.status.reasons import WaitReason  # noqa: TC001 - msgspec evaluates it
from runtimes.kubelet.store import durable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

log = logging.getLogger(__name__)
FILE = "known.json"


class Known(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Of one pod, by its driver.

    Attributes:
        reasons: of starts that failed, by container.
        conditions: with the times of their last change.
    """

    driver: Process
    reasons: dict[str, WaitReason] = {}
    liveness: dict[str, ProbeResult] = {}
    readiness: dict[str, ProbeResult] = {}
    startup: dict[str, ProbeResult] = {}
    conditions: tuple[v1.PodCondition, ...] = ()

    @property
    def probes(self) -> ProbeResults:
        """As a status is computed from them."""
        return ProbeResults(liveness=self.liveness, readiness=self.readiness, startup=self.startup)


def known(
    reasons: Mapping[str, WaitReason],
    probes: ProbeResults,
    conditions: tuple[v1.PodCondition, ...],
) -> Known:
    """Say it of a pod that this process drives."""
    return Known(
        driver=_this_process(os.getpid()),
        reasons=dict(reasons),
        liveness=dict(probes.liveness),
        readiness=dict(probes.readiness),
        startup=dict(probes.startup),
        conditions=conditions,
    )


def write(folder: Path, what: Known | None) -> bool:
    """Replace what was said before; without haste, for nothing depends on it.

    False when that was said by another process that lives: it drives the pod, and knows better.
    """
    other = read(folder)
    if other is not None and other.driver != _this_process(os.getpid()):
        return False
    try:
        if what is None:
            (folder / FILE).unlink()
        else:
            durable.write(folder / FILE, msgspec.json.encode(what), mode=0o640, flush=False)
    except FileNotFoundError:
        pass  # the pod is gone
    except OSError as error:
        log.warning("note what is known of a pod in %s: %s", folder, error)
    return True


def read(folder: Path) -> Known | None:
    """Read it; None when nobody drives the pod any more."""
    try:
        found = typed_json.decode((folder / FILE).read_bytes(), Known)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None
    return found if found.driver.alive else None


@cache
def _this_process(pid: int) -> Process:
    """Asked by pid, so that a child that was forked is another."""
    return identify(pid) or Process(pid, 0)
