"""Remove dead containers, sandboxes and logs.

Only what carries this kubelet's own mark is touched: another kubelet, or another root of ours, may
use the same runtime.

Source: kubelet pkg/kubelet/kuberuntime/kuberuntime_gc.go.
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import errors, labels
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.names import parse_pod_log_directory
from runtimes.kubelet.generic.delete import delete_container
from runtimes.kubelet.generic.node import OWNER, CriNode
from runtimes.kubelet.oserrors import translated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from runtimes.core.pod.gc import GarbagePolicy

Unit = tuple[str, str]
"""A pod's uid and a container's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GarbageRun:
    """One collection.

    Attributes:
        is_removed: tells that a pod is gone for good, with all that it had.
        all_sources_ready: every pod that should exist is known, so an unknown one is gone.
        now_ns: the time.
    """

    policy: GarbagePolicy
    is_removed: Callable[[str], bool]
    all_sources_ready: bool
    now_ns: int


def collect(node: CriNode, run: GarbageRun) -> None:
    """Containers, then sandboxes, then logs.

    Raises:
        Error: the first failure, after everything else has been tried.
    """
    failures: list[errors.Error] = []
    containers = [one for one in node.service.list_containers() if _is_own(node, one.annotations)]
    _attempt_all(_containers_to_remove(containers, run), failures, node, _remove_container)
    _attempt_all(_sandboxes_to_remove(node, run), failures, node, _remove_sandbox)
    if run.all_sources_ready:
        failures += _remove_logs(node, run)
    if failures:
        raise failures[0]


def _is_own(node: CriNode, annotations: Mapping[str, str]) -> bool:
    return annotations.get(OWNER) == str(node.config.root)


def _attempt_all(
    ids: Iterable[str],
    failures: list[errors.Error],
    node: CriNode,
    remove: Callable[[CriNode, str], None],
) -> None:
    for each in ids:
        try:
            remove(node, each)
        except errors.Error as error:
            failures.append(error)


def _remove_container(node: CriNode, container_id: str) -> None:
    delete_container(node.service, container_id)


def _remove_sandbox(node: CriNode, sandbox_id: str) -> None:
    node.service.stop_pod_sandbox(sandbox_id)
    node.service.remove_pod_sandbox(sandbox_id)


def _containers_to_remove(containers: list[cri.Container], run: GarbageRun) -> list[str]:
    """Decide, oldest first within each unit."""
    units = _dead_units(containers, run)
    remove: list[cri.Container] = []
    for unit in list(units):
        if run.all_sources_ready and run.is_removed(unit[0]):
            remove += units.pop(unit)
    if run.policy.max_per_container >= 0:
        remove += _shrunk(units, run.policy.max_per_container)
    total = sum(map(len, units.values()))
    if 0 <= run.policy.max_containers < total:
        remove += _shrunk(units, max(1, run.policy.max_containers // max(1, len(units))))
        kept = sorted((one for unit in units.values() for one in unit), key=_age)
        remove += kept[: max(0, len(kept) - run.policy.max_containers)]
    return [container.id for container in remove]


def _dead_units(
    containers: list[cri.Container], run: GarbageRun
) -> dict[Unit, list[cri.Container]]:
    youngest = run.now_ns - run.policy.min_age * 1e9
    units: dict[Unit, list[cri.Container]] = defaultdict(list)
    for one in sorted(containers, key=_age, reverse=True):
        if one.state != cri.CONTAINER_RUNNING and one.created_at <= youngest:
            name = one.labels.get(labels.CONTAINER_NAME) or one.metadata.name
            units[one.labels.get(labels.POD_UID, ""), name].append(one)
    return units


def _shrunk(units: dict[Unit, list[cri.Container]], keep: int) -> list[cri.Container]:
    """Cut each unit to its `keep` newest, and return what falls off."""
    removed: list[cri.Container] = []
    for unit, containers in units.items():
        removed += containers[keep:]
        units[unit] = containers[:keep]
    return removed


def _age(container: cri.Container) -> int:
    return container.created_at


def _sandboxes_to_remove(node: CriNode, run: GarbageRun) -> list[str]:
    """All dead ones of a removed pod; of others all dead ones but the newest sandbox."""
    owners = {container.pod_sandbox_id for container in node.service.list_containers()}
    by_pod: dict[str, list[cri.PodSandbox]] = defaultdict(list)
    for sandbox in node.service.list_pod_sandbox():
        if _is_own(node, sandbox.annotations):
            by_pod[sandbox.metadata.uid].append(sandbox)
    remove: list[str] = []
    for uid, sandboxes in by_pod.items():
        sandboxes.sort(key=lambda one: (one.created_at, one.metadata.attempt), reverse=True)
        gone = run.all_sources_ready and run.is_removed(uid)
        remove += [
            one.id
            for one in sandboxes[0 if gone else 1 :]
            if one.state != cri.SANDBOX_READY and one.id not in owners
        ]
    return remove


def _remove_logs(node: CriNode, run: GarbageRun) -> list[errors.Error]:
    """Those of removed pods, and links that lead nowhere; return what couldn't be removed."""
    failures: list[errors.Error] = []
    for folder in _logs_of_removed(node, run):
        with _collected(failures, f"remove logs {folder}"):
            shutil.rmtree(folder)
    links = node.config.log_links
    for link in links.iterdir() if links is not None and links.is_dir() else ():
        if link.is_symlink() and not link.exists():
            with _collected(failures, f"remove link {link}"):
                link.unlink(missing_ok=True)
    return failures


def _logs_of_removed(node: CriNode, run: GarbageRun) -> Iterator[Path]:
    root = node.config.log_root
    for folder in root.iterdir() if root.is_dir() else ():
        try:
            _, _, uid = parse_pod_log_directory(folder)
        except errors.InvalidArgument:
            continue
        if run.is_removed(uid):
            yield folder


@contextmanager
def _collected(failures: list[errors.Error], what: str) -> Iterator[None]:
    try:
        with translated(what), suppress(FileNotFoundError):
            yield
    except errors.Error as error:
        failures.append(error)
