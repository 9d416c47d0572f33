"""The group of all commands, and how one command line is run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from runtimes.cli.failure import guarded
from runtimes.cli.lazy import LazyGroup
from runtimes.cli.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

_HELP = """Run containers and pods on any backend, with kubelet's semantics.

\b
Examples:
  runtimes run -f pod.yaml
  runtimes run busybox -- echo hello
  runtimes -b cri ps
"""


@click.group(
    cls=LazyGroup,
    help=_HELP,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
def cli() -> None:
    """Do nothing: the options keep themselves (see `runtimes.cli.command`)."""


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code."""
    settings = Settings()

    def call() -> int:
        result = cli.main(list(arguments), "runtimes", standalone_mode=False, obj=settings)
        return result if isinstance(result, int) else 0

    return guarded(call, settings)
