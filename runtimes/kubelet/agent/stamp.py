"""What a pod's record says of the manifest that it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from runtimes.core import labels

if TYPE_CHECKING:
    from runtimes.core.pod import v1

MANIFEST = "runtimes.kubelet/manifest"
"""Annotation of a pod that came from a folder: the path of its manifest."""


def stamp(pod: v1.Pod, file: str, folder: str) -> v1.Pod:
    """Note where a pod came from."""
    meta = pod.metadata
    notes = {labels.CONFIG_SOURCE: "file", MANIFEST: f"{folder}/{file}"}
    return replace(pod, metadata=replace(meta, annotations={**meta.annotations, **notes}))


def is_as_wanted(record: v1.Pod, wanted: v1.Pod) -> bool:
    """Whether a recorded pod is what a manifest asks for; debug containers are nobody's wish."""
    spec = replace(record.spec, ephemeral_containers=wanted.spec.ephemeral_containers)
    before, after = record.metadata, wanted.metadata
    return (spec, before.labels, before.annotations) == (
        wanted.spec,
        after.labels,
        after.annotations,
    )


def manifest_of(pod: v1.Pod) -> str:
    """The path of the manifest that a pod came from; empty for one that was applied by hand."""
    return pod.metadata.annotations.get(MANIFEST, "")
