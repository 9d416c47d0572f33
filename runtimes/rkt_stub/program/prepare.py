"""`rkt prepare`: make a pod of a manifest, without running it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.rkt_stub.program.rkt import Rkt


def prepare(rkt: Rkt, manifest: Path) -> str:
    """Do it and return the pod's UUID."""
    words = ("prepare", "--quiet", f"--pod-manifest={manifest}")
    return rkt.ask(f"prepare the pod of {manifest}", *words).text.strip()
