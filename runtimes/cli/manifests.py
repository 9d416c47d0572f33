"""Manifests as command lines name them: files, folders of files, or ``-`` for stdin."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runtimes.client import Pod, Runtime, Validation
    from runtimes.client.workloads import Object

VALIDATIONS = ("strict", "warn", "ignore")

validate_option = click.option(
    "--validate",
    type=click.Choice(VALIDATIONS),
    default="strict",
    help="'warn' and 'ignore' run pods without the fields that aren't carried out yet.",
)


def read_all(runtime: Runtime, files: Iterable[str], validate: Validation) -> list[Object]:
    """Read the objects of several files and folders; all mistakes of a file are told at once.

    Raises:
        InvalidManifest: something is wrong with one of them.
        NotFound: one doesn't exist.
    """
    objects: list[Object] = []
    for file in files:
        objects += runtime.read(_stdin() if file == "-" else Path(file), validate=validate)
    return objects


def pods_in(runtime: Runtime, objects: Iterable[Object]) -> list[Pod]:
    """Find the pods here that manifests speak of."""
    from runtimes.client.workloads import pods_of, wanted

    return [pod for one in wanted(objects) for pod in pods_of(runtime, one).values()]


def _stdin() -> str:
    return sys.stdin.read() + "\n"
