"""What `runtimes.pod` finds under `rkt`, and `runtimes.cri` under `rktshim`."""

from __future__ import annotations

from runtimes.core.backend import Kind
from runtimes.core.planned import PlannedBackend

backend = PlannedBackend(
    "rkt", Kind.POD, "1: before the CRI", "Pods on the rkt program (ended 2020)"
)
shim = PlannedBackend("rktshim", Kind.CRI, "2: the CRI on rkt", "The CRI over rkt app")
