"""Read what a kubelet noted in a container's annotations.

Source: kubelet pkg/kubelet/kuberuntime/labels.go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import labels

if TYPE_CHECKING:
    from collections.abc import Mapping


SANDBOX_HASH = "runtimes.kubelet/sandbox-hash"
"""Annotation of a sandbox: a hash of what its pod asked of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerNotes:
    """What a container's annotations tell; what is missing or broken is as if never written."""

    hash: int = 0
    restart_count: int = 0
    termination_message_path: str = ""
    termination_message_policy: str = ""
    deletion_grace_period: int | None = None
    termination_grace_period: int | None = None


def read_annotations(annotations: Mapping[str, str]) -> ContainerNotes:
    return ContainerNotes(
        hash=parse_hash(annotations.get(labels.CONTAINER_HASH, "")),
        restart_count=_number(annotations, labels.CONTAINER_RESTART_COUNT) or 0,
        termination_message_path=annotations.get(labels.CONTAINER_TERMINATION_MESSAGE_PATH, ""),
        termination_message_policy=annotations.get(labels.CONTAINER_TERMINATION_MESSAGE_POLICY, ""),
        deletion_grace_period=_number(annotations, labels.POD_DELETION_GRACE_PERIOD),
        termination_grace_period=_number(annotations, labels.POD_TERMINATION_GRACE_PERIOD),
    )


def _number(annotations: Mapping[str, str], key: str) -> int | None:
    text = annotations.get(key, "")
    return int(text) if text.isascii() and text.isdigit() else None


def parse_hash(text: str) -> int:
    """Read lower-case hex; 0 when it is none."""
    try:
        return int(text, 16)
    except ValueError:
        return 0
