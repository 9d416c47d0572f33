"""A process that applies pods until it is killed."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from runtimes.kubelet.store.pods import PodStore
from runtimes.kubelet.tests.builders import container, pod, with_meta

if TYPE_CHECKING:
    from pathlib import Path


def apply_for_ever(root: Path, number: int) -> None:
    store = PodStore(root, "oci")
    for turn in count():
        image = container(image=f"image-{number}-{turn}")
        store.apply(with_meta(pod(image), uid="", name=f"pod-{turn % 3}"))
