"""What `runtimes.cri` finds under the name `dockershim`."""

from __future__ import annotations

from runtimes.core.backend import Kind
from runtimes.core.planned import PlannedBackend

backend = PlannedBackend("dockershim", Kind.CRI, "2: the CRI on Docker", "The CRI on Docker Engine")
