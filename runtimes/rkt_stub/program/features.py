"""What this rkt can do, by the flags that its own help names: versions are never compared."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtimes.rkt_stub.program.rkt import Rkt

_FLAG = re.compile(r"--([a-z][a-z-]*)")
Needs = dict[tuple[str, ...], tuple[str, ...]]
PODS: Needs = {
    ("list",): ("format", "full"),
    ("status",): ("format", "wait", "wait-ready"),
    ("prepare",): ("pod-manifest", "quiet"),
    ("stop",): ("force",),
    ("fetch",): ("full", "pull-policy"),
}
APPS: Needs = {
    **PODS,
    ("app", "sandbox"): ("uuid-file-save", "user-annotation", "annotation"),
    ("app", "add"): ("annotation", "mnt-volume", "environment"),
    ("app", "status"): ("format",),
    ("attach",): ("mode",),
}
"""Who has `attach` has `app add --stdin --stdout --stderr` too, of which no help tells."""


def missing(rkt: Rkt, needed: Needs) -> list[str]:
    """The commands and flags of `needed` that this rkt doesn't have, as a user would type them."""
    found = []
    for command, wanted in needed.items():
        answer = rkt.call(*command, "--help")
        has = flags(answer.text) if answer.ok else frozenset()
        words = " ".join(("rkt", *command))
        found += (
            [words] if not answer.ok else [f"{words} --{one}" for one in wanted if one not in has]
        )
    return found


def flags(text: str) -> frozenset[str]:
    """Every flag that a help text names."""
    return frozenset(_FLAG.findall(text))
