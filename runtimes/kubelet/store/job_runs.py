"""How far an agent's Jobs have come, on disk: what a pod that is gone can't tell any more.

    <root>/jobs/<backend>_<namespace>_<name>.json

A broken record is unknown: the Job's pods tell what they can.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import msgspec

from runtimes.core import typed_json
from runtimes.kubelet import layout
from runtimes.kubelet.oserrors import translated
from runtimes.kubelet.store import durable
from runtimes.kubelet.workloads.model import Known, Outcome  # noqa: TC001 - msgspec evaluates them

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger(__name__)
FORMAT = 1


class JobRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a Job; times are seconds since the epoch.

    Attributes:
        manifest: the path of the file that it came from.
        definition: tells apart what has to be run anew, see `workloads.template.definition`.
        ended: what became of its pods that have ended, by name.
        outcome: None while it goes on.
        reason: why it failed.
        ended_at: when the outcome was known; 0 before.
    """

    namespace: str
    name: str
    manifest: str
    definition: str
    began_at: float
    ended: dict[str, Known] = {}
    outcome: Outcome | None = None
    reason: str = ""
    ended_at: float = 0.0
    format: int = FORMAT


class JobRuns:
    """Of one backend; for one process at a time."""

    def __init__(self, root: Path, backend: str) -> None:
        self._folder = root / "jobs"
        self._backend = layout.checked(backend, "backend")

    def sweep(self) -> None:
        """Take away what a kill left half written."""
        durable.sweep(self._folder, f"{self._backend}_")

    def list(self) -> dict[tuple[str, str], JobRun]:
        """All runs by namespace and name."""
        paths = sorted(self._folder.glob(f"{self._backend}_*.json"))
        runs = [run for run in map(_read, paths) if run is not None]
        return {(run.namespace, run.name): run for run in runs}

    def write(self, run: JobRun) -> None:
        """Record a run in place of the one of its name.

        Raises:
            ResourceExhausted, PermissionDenied: it can't be recorded.
        """
        path = self._path(run.namespace, run.name)
        with translated(f"record Job '{run.namespace}/{run.name}' in {path}"):
            self._folder.mkdir(mode=0o750, parents=True, exist_ok=True)
            durable.write(path, msgspec.json.encode(run) + b"\n")

    def remove(self, namespace: str, name: str) -> None:
        """Forget a run. Idempotent."""
        self._path(namespace, name).unlink(missing_ok=True)

    def _path(self, namespace: str, name: str) -> Path:
        parts = (layout.checked(part, "Job") for part in (namespace, name))
        return self._folder / ("_".join((self._backend, *parts)) + ".json")


def _read(path: Path) -> JobRun | None:
    try:
        run = typed_json.decode(path.read_bytes(), JobRun)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        log.warning("ignore the Job's record %s, which can't be read: %s", path, error)
        return None
    return run if run.format == FORMAT else None
