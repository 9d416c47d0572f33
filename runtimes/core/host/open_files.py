"""How many files this process may open."""

from __future__ import annotations

import resource


def allow_many() -> None:
    """As many as the host lets us; children that a spec starts have limits of their own."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
