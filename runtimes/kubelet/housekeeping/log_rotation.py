"""Rotate containers' logs: at 10 MiB a new file, five files in all, old ones compressed.

    0.log                         what is written now
    0.log.20260102-150405         the one before; compressed at the next rotation
    0.log.20260101-090000.gz      older ones

Source: kubelet pkg/kubelet/logs/container_log_manager.go.
"""

from __future__ import annotations

import gzip
import logging
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from runtimes.core import errors
from runtimes.core.pod.status import ContainerState
from runtimes.kubelet.layout import folders_of
from runtimes.kubelet.oserrors import translated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from runtimes.core.pod.status import RunningPod
    from runtimes.kubelet.config import KubeletConfig

log = logging.getLogger(__name__)
_LIST_PERIOD = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPolicy:
    """A negative `max_bytes` rotates nothing; `max_files`, at least 2, counts the live one too."""

    max_bytes: int = 10 * 1024 * 1024
    max_files: int = 5


@runtime_checkable
class LogReopener(Protocol):
    """A PodRuntime whose containers can be told to go on in a new log file."""

    def get_pods(self, *, include_exited: bool = False) -> list[RunningPod]: ...

    def reopen_log(self, container_id: str) -> None:
        """As CRI ReopenContainerLog."""
        ...


class LogRotator:
    """Rotates the logs of all running containers. For one thread at a time.

    Pods are listed when one may have changed, and each minute in any case; in between a log costs
    a look at its size.

    Args:
        changes: tells a number that grows whenever a pod may have changed.
    """

    def __init__(
        self,
        runtime: LogReopener,
        config: KubeletConfig,
        policy: LogPolicy,
        changes: Callable[[], int],
    ) -> None:
        self._runtime = runtime
        self._config = config
        self._policy = policy
        self._changes = changes
        self._live: dict[str, Path] = {}
        self._seen = -1
        self._listed = 0.0

    def rotate(self) -> None:
        """Rotate those that need it; one that can't be leaves the others.

        Raises:
            Error: the first failure, after all have been tried.
        """
        self._look()
        failures: list[errors.Error] = []
        for container_id, path in self._live.items():
            try:
                _rotate_if_needed(self._runtime, container_id, path, self._policy)
            except (errors.NotFound, errors.FailedPrecondition):
                continue  # it has ended meanwhile
            except errors.Error as error:
                failures.append(error)
        if failures:
            raise failures[0]

    def _look(self) -> None:
        now, changes = time.monotonic(), self._changes()
        if self._seen == changes and now < self._listed + _LIST_PERIOD:
            return
        self._live = dict(_live_logs(self._runtime.get_pods(), self._config))
        self._seen, self._listed = changes, now


def stale_logs(names: Iterable[str], live: str, keep: int) -> tuple[list[str], list[str]]:
    """Of a log's folder, tell what to remove and, of the rest, what to compress.

    Args:
        names: of all files there.
        live: the name of the log that is written now.
        keep: how many rotated ones stay.
    """
    rotated = sorted(name for name in names if name.startswith(f"{live}."))
    halves = [name for name in rotated if name.endswith(".tmp")]
    whole = [name for name in rotated if name not in halves]
    doubled = {name for name in whole if f"{name}.gz" in whole}  # compressed, not yet removed
    kept = [name for name in whole if name not in doubled]
    surplus = kept[: max(0, len(kept) - keep)]
    rest = kept[len(surplus) :]
    return [*halves, *sorted(doubled), *surplus], [n for n in rest if not n.endswith(".gz")]


def _live_logs(pods: Iterable[RunningPod], config: KubeletConfig) -> Iterator[tuple[str, Path]]:
    for pod in pods:
        folders = folders_of(config, pod.namespace, pod.name, pod.uid)
        for one in pod.containers:
            if one.state is ContainerState.RUNNING:
                yield one.id, folders.container_logs(one.name) / f"{one.restart_count}.log"


def _rotate_if_needed(
    runtime: LogReopener, container_id: str, path: Path, policy: LogPolicy
) -> None:
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        if path.parent.is_dir():  # somebody took it away: what is written now goes nowhere
            runtime.reopen_log(container_id)
        return
    if 0 <= policy.max_bytes <= size:
        with translated(f"rotate {path}"):
            _make_room(path, policy)
        _rotate(runtime, container_id, path)


def _make_room(path: Path, policy: LogPolicy) -> None:
    folder = path.parent
    names = [one.name for one in folder.iterdir()]
    remove, compress = stale_logs(names, path.name, max(0, policy.max_files - 2))
    for name in remove:
        (folder / name).unlink(missing_ok=True)
    for name in compress:
        _compress(folder / name)


def _compress(path: Path) -> None:
    """A kill in between leaves ``.tmp``, or both files: the next run takes that away."""
    half = path.with_name(f"{path.name}.tmp")
    with path.open("rb") as plain, gzip.open(half, "wb") as packed:
        shutil.copyfileobj(plain, packed)
    shutil.copystat(path, half)
    half.rename(path.with_name(f"{path.name}.gz"))
    path.unlink()


def _rotate(runtime: LogReopener, container_id: str, path: Path) -> None:
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    rotated = path.with_name(f"{path.name}.{stamp}")
    with translated(f"rotate {path}"):
        path.rename(rotated)
    try:
        runtime.reopen_log(container_id)
    except errors.Error:
        if not path.exists():
            with translated(f"put {path} back"):
                rotated.rename(path)
        raise
    log.info("rotated %s", path)
