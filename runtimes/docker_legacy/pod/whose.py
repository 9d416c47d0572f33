"""Whose a container is: by its labels, and by its name in either generation.

    k8s_<container>.<hash>_<pod>_<namespace>_<uid>_<8 hex>     before the CRI, and ours
    k8s_<container>_<pod>_<namespace>_<uid>_<attempt>          dockershim's

Source: kubelet 1.4 pkg/kubelet/dockertools/docker.go (ParseDockerName), labels.go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import errors, labels, names

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """A pod's container; `container` is ``POD`` for the infra container."""

    container: str
    pod: str
    namespace: str
    uid: str
    hash: int
    attempt: int

    @property
    def is_infra(self) -> bool:
        return self.container == labels.SANDBOX_CONTAINER_NAME


def whose(name: str, found: Mapping[str, str]) -> Whose | None:
    """Read it; None for a container that belongs to no pod."""
    parsed = _parse(name)
    uid = found.get(labels.POD_UID) or (parsed.uid if parsed else "")
    if not uid:
        return None
    attempt = _number(_noted(found, labels.CONTAINER_RESTART_COUNT), 10)
    return Whose(
        container=found.get(labels.CONTAINER_NAME) or (parsed.container if parsed else ""),
        pod=found.get(labels.POD_NAME) or (parsed.pod if parsed else ""),
        namespace=found.get(labels.POD_NAMESPACE) or (parsed.namespace if parsed else ""),
        uid=uid,
        hash=_number(_noted(found, labels.CONTAINER_HASH), 16) or (parsed.hash if parsed else 0),
        attempt=attempt or (parsed.attempt if parsed else 0),
    )


def _parse(name: str) -> Whose | None:
    try:
        new = names.parse(name)
    except errors.InvalidArgument:
        return _parse_legacy(name)
    return Whose(
        container=new.container,
        pod=new.pod,
        namespace=new.namespace,
        uid=new.uid,
        hash=0,
        attempt=new.attempt,
    )


def _parse_legacy(name: str) -> Whose | None:
    try:
        old = names.parse_legacy(name)
    except errors.InvalidArgument:
        return None
    return Whose(
        container=old.container,
        pod=old.pod,
        namespace=old.namespace,
        uid=old.uid,
        hash=old.hash,
        attempt=0,
    )


def _noted(found: Mapping[str, str], key: str) -> str:
    """A label of ours, or one of dockershim's annotations."""
    return found.get(key) or found.get(f"{labels.DOCKER_ANNOTATION_PREFIX}{key}", "")


def _number(text: str, base: int) -> int:
    try:
        return int(text, base)
    except ValueError:
        return 0
