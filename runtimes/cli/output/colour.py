"""Colours, on terminals only."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

GOOD = "green"
BAD = "red"
WAITING = "yellow"
QUIET = "bright_black"
PREFIXES = ("cyan", "magenta", "yellow", "green", "blue", "red")
_STATES = {
    GOOD: {"Running", "usable", "True"},
    WAITING: {
        "Pending", "ContainerCreating", "PodInitializing", "Terminating", "Created", "planned",
        "unusable", "NotReady", "Unknown",
    },
    QUIET: {"Completed", "Succeeded", "not installed"},
    BAD: {"Error", "Failed", "OOMKilled", "broken", "False", "InvalidImageName"},
}  # fmt: skip


def wanted(stream: TextIO | None = None, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether `stream`, by default stdout, shows colours: a terminal, and nobody is against it."""
    if environ.get("NO_COLOR") or environ.get("TERM") == "dumb":
        return False
    return (sys.stdout if stream is None else stream).isatty()


def paint(text: str, colour: str | None, *, on: bool) -> str:
    """Colour a text."""
    return click.style(text, fg=colour) if on and colour else text


def of_state(state: str) -> str | None:
    """The colour of a state's word, None for none."""
    for colour, words in _STATES.items():
        if state in words:
            return colour
    if state.startswith("Init:") and not state.endswith(("Error", "BackOff")):
        return WAITING
    return BAD if state.endswith(("Error", "BackOff", "ErrImagePull", "NeverPull")) else None
