"""One document to its objects: which kind, decoded, defaulted, judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core.pod import v1
from runtimes.core.pod.workloads import Deployment, Job
from runtimes.kubelet.manifest.decode.report import Report
from runtimes.kubelet.manifest.decode.struct import Decoder
from runtimes.kubelet.manifest.decode.words import describe, join, nearest, quote
from runtimes.kubelet.manifest.defaults import (
    config_map_with_defaults,
    secret_with_defaults,
    with_defaults,
    workload_with_defaults,
)
from runtimes.kubelet.manifest.problem import Path, show
from runtimes.kubelet.manifest.tree.nodes import Document, Mapping, Node, Scalar, Sequence
from runtimes.kubelet.manifest.tree.scalars import resolve
from runtimes.kubelet.manifest.unsupported import find_ignored, find_unsupported
from runtimes.kubelet.manifest.validate.data import check_config_map, check_secret
from runtimes.kubelet.manifest.validate.pod import check_pod
from runtimes.kubelet.manifest.validate.workload import check_workload

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.kubelet.manifest.errors import Mistake
    from runtimes.kubelet.manifest.problem import Problem

    Object = v1.Pod | v1.ConfigMap | v1.Secret | Deployment | Job

KINDS: dict[str, type[v1.Pod | v1.ConfigMap | v1.Secret | Deployment | Job]] = {
    "Pod": v1.Pod,
    "ConfigMap": v1.ConfigMap,
    "Secret": v1.Secret,
    "Deployment": Deployment,
    "Job": Job,
}
VERSIONS = {"Deployment": "apps/v1", "Job": "batch/v1"}
"""Of kinds that aren't of the core group, ``v1``."""
LISTS = frozenset({"List", *(f"{kind}List" for kind in KINDS)})
WORKLOADS = frozenset(
    {"CronJob", "DaemonSet", "ReplicaSet", "ReplicationController", "StatefulSet"}
)


@dataclass(frozen=True, slots=True)
class Found:
    """What was found at one place.

    Attributes:
        object: None when it can't even be told what it should be.
        place: the path of a List's item; empty for a document.
    """

    file: str
    document: int
    line: int
    column: int = 1
    place: str = ""
    object: Object | None = None
    mistakes: tuple[Mistake, ...] = ()
    unsupported: tuple[Mistake, ...] = ()
    ignored: tuple[Mistake, ...] = ()


def read_objects(file: str, document: Document) -> list[Found]:
    """Read a document's object, or the items of its List."""
    return [_read_object(file, document, node, path) for path, node in _unpack(document.root, ())]


def _unpack(node: Node, path: Path) -> Iterator[tuple[Path, Node]]:
    items = (
        node.get("items") if isinstance(node, Mapping) and _text(node, "kind") in LISTS else None
    )
    if not isinstance(items, Sequence):
        yield path, node
        return
    for index, item in enumerate(items.items):
        yield from _unpack(item, (*path, "items", index))


def _read_object(file: str, document: Document, node: Node, path: Path) -> Found:
    report = Report(file, document)
    kind = _kind(node, path, report)
    obj = None
    unsupported: list[Mistake] = []
    ignored: list[Mistake] = []
    if kind is not None and isinstance(node, Mapping):
        obj = Decoder(report).struct(node, KINDS[kind], path)
        obj, problems = _judge(obj)
        report.add_new(path, problems)
        unsupported = report.new(path, find_unsupported(obj))
        ignored = report.new(path, find_ignored(obj))
    return Found(
        file=file,
        document=document.number,
        line=node.line,
        column=node.column,
        place=show(path),
        object=obj,
        mistakes=tuple(report.mistakes),
        unsupported=tuple(unsupported),
        ignored=tuple(ignored),
    )


def _judge(obj: Object) -> tuple[Object, list[Problem]]:
    if isinstance(obj, v1.Pod):
        pod = with_defaults(obj)
        return pod, list(check_pod(pod))
    if isinstance(obj, v1.ConfigMap):
        config_map = config_map_with_defaults(obj)
        return config_map, list(check_config_map(config_map))
    if isinstance(obj, Deployment | Job):
        workload = workload_with_defaults(obj)
        return workload, list(check_workload(workload))
    secret = secret_with_defaults(obj)
    return secret, list(check_secret(secret))


def _kind(node: Node, path: Path, report: Report) -> str | None:
    """Tell which kind a node claims to be; None, and a mistake, for one that isn't ours."""
    if not isinstance(node, Mapping):
        message = f"expected a mapping with apiVersion, kind, metadata, but {describe(node)}"
        report.add(path, message, node)
        return None
    kind, version = _text(node, "kind"), _text(node, "apiVersion")
    known, right = kind in KINDS, VERSIONS.get(kind, "v1")
    if not version or (known and version != right):
        message = (
            f"{quote(version)} must be '{right}' for a {kind}" if version else f"required: {right}"
        )
        report.add((*path, "apiVersion"), message, node.get("apiVersion") or node)
    if not known:
        report.add((*path, "kind"), _wrong_kind(kind, version), node.get("kind") or node)
    return kind if known else None


def _wrong_kind(kind: str, version: str) -> str:
    known = join((*KINDS, "List"))
    if not kind:
        return f"required: {known}"
    if kind in LISTS:
        return f"a {kind} needs a list of 'items'"
    if kind in WORKLOADS:
        return (
            f"{quote(kind)} needs a cluster's controllers; make a Deployment, a Job or a Pod of "
            "its template"
        )
    meant = nearest(kind, KINDS)
    hint = f"; did you mean '{meant}'?" if meant else ""
    of = f" ({quote(version)})" if version and version != "v1" else ""
    return f"{quote(kind)}{of} is not supported: {known} are{hint}"


def _text(node: Mapping, name: str) -> str:
    value = node.get(name)
    resolved = resolve(value) if isinstance(value, Scalar) else None
    return resolved if isinstance(resolved, str) else ""
