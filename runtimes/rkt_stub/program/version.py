"""`rkt version`: five lines, no JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtimes.rkt_stub.program.rkt import Rkt


def version(rkt: Rkt) -> str:
    """E.g. ``1.30.0+git171c416f``."""
    return parse(rkt.ask("ask rkt for its version", "version").text)


def parse(text: str) -> str:
    """Empty when it isn't told."""
    lines = (line.partition(":") for line in text.splitlines())
    told = {name.strip().lower(): value.strip() for name, _, value in lines}
    return told.get("rkt version", "")
