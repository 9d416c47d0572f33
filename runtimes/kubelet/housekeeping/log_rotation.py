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
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from runtimes.core.pod.status import RunningPod
    from runtimes.kubelet.config import KubeletConfig

log = logging.getLogger(__name__)


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


def rotate_logs(runtime: LogReopener, config: KubeletConfig, policy: LogPolicy) -> None:
    """Rotate the logs of running containers that need it; one that can't be leaves the others.

    Raises:
        Error: the first failure, after all have been tried.
    """
    failures: list[errors.Error] = []
    for container_id, path in _live_logs(runtime.get_pods(), config):
        try:
            _rotate_if_needed(runtime, container_id, path, policy)
        except errors.NotFound:
            continue  # it has ended meanwhile
        except errors.Error as error:
            failures.append(error)
    if failures:
        raise failures[0]


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
