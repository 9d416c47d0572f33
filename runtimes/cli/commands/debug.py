"""``runtimes debug rpc METHOD JSON``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from runtimes.cli.command import Command, CommandGroup
from runtimes.cli.messages import note
from runtimes.cli.settings import current
from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Iterable

    from google.protobuf.message import Message


@click.group("debug", cls=CommandGroup)
def command() -> None:
    """Speak to a backend in its own words."""


@command.command("rpc", cls=Command)
@click.argument("method", required=False)
@click.argument("request", required=False)
@click.option("-l", "--list", "listing", is_flag=True, help="Print the names of all methods.")
def rpc(*, method: str | None, request: str | None, listing: bool) -> int:
    """Call one of the CRI's methods.

    METHOD is its name, REQUEST its message in protobuf's JSON; without one it is empty, and - is
    stdin. Prints the answer as JSON, streams with a line each. An error is told with its code.

    Example: runtimes debug rpc ContainerStatus '{"containerId": "3f2a", "verbose": true}'
    """
    from runtimes.cli import rpc as calls

    if listing:
        click.echo("\n".join(sorted(calls.METHODS)))
        return 0
    if method is None:
        raise click.UsageError("Name a method; --list prints them.")
    found = calls.find(method)
    text = sys.stdin.read() if request == "-" else request or "{}"
    message = calls.read_request(found, text)
    with current().connect() as runtime:
        try:
            _print(calls.call(runtime.opened.service, found, message), lines=found.server_streaming)
        except errors.Error as error:
            note(f"{found.name}: {error.code}: {error}")
            return 1
    return 0


def _print(answers: Iterable[Message], *, lines: bool) -> None:
    from google.protobuf.json_format import MessageToJson

    for answer in answers:
        click.echo(MessageToJson(answer, indent=None if lines else 2, ensure_ascii=False))
