"""What is said on stderr besides errors: the log's warnings, and what happens to pods."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

import click

from runtimes.cli.output.words import printable

if TYPE_CHECKING:
    from runtimes.client import Event

_TOLD_AS_ERRORS = {"Failed", "FailedCreatePodSandBox", "ErrImageNeverPull", "InspectFailed"}


def note(text: str) -> None:
    """Say something."""
    click.echo(printable(f"runtimes: {text}"), err=True)


def show_log(*, debug: bool) -> None:
    """Show warnings of the log, or with `debug` all of it. Idempotent."""
    root = logging.getLogger("runtimes")
    if not root.handlers:
        handler = logging.StreamHandler(sys.stderr)
        form = (
            "%(asctime)s %(levelname)s %(name)s %(message)s" if debug else "runtimes: %(message)s"
        )
        handler.setFormatter(logging.Formatter(form))
        root.addHandler(handler)
    root.setLevel(logging.DEBUG if debug else logging.WARNING)


class Events:
    """Shows warnings that no error will tell; the rest goes to the log."""

    def __call__(self, event: Event) -> None:
        if event.warning and event.reason not in _TOLD_AS_ERRORS:
            where = f"container '{event.container}': " if event.container else ""
            note(f"{where}{event.message}")
        else:
            logging.getLogger(__name__).debug("%s: %s", event.reason, event.message)
