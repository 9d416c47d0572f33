"""Manifests as command lines name them: files, or ``-`` for stdin."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runtimes.client import Runtime, Validation
    from runtimes.core.pod import v1

VALIDATIONS = ("strict", "warn")

validate_option = click.option(
    "--validate",
    type=click.Choice(VALIDATIONS),
    default="strict",
    help="'warn' runs pods without the fields that aren't carried out yet.",
)


def load_all(runtime: Runtime, files: Iterable[str], validate: Validation) -> list[v1.Pod]:
    """Read the pods of several files; all mistakes of a file are told at once.

    Raises:
        InvalidManifest: something is wrong with one of them.
        NotFound: one doesn't exist.
    """
    pods: list[v1.Pod] = []
    for file in files:
        source = _stdin() if file == "-" else Path(file)
        pods.extend(runtime.load(source, validate=validate))
    return pods


def _stdin() -> str:
    return sys.stdin.read() + "\n"
