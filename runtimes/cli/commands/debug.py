"""``runtimes debug POD --image IMAGE`` and ``runtimes debug rpc METHOD JSON``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from runtimes.cli.command import Command, CommandGroup, ProgramCommand
from runtimes.cli.complete import pod_names
from runtimes.cli.messages import note
from runtimes.cli.settings import current
from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Iterable

    from google.protobuf.message import Message

    from runtimes.client import Container


class DebugGroup(CommandGroup):
    """Takes what names none of its commands for a pod."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Say ``pod`` where it was left out."""
        words = args[: args.index("--")] if "--" in args else args
        if any(not word.startswith("-") for word in words) and not {*words} & {*self.commands}:
            args = ["pod", *args]
        return super().parse_args(ctx, args)


@click.group("debug", cls=DebugGroup)
def command() -> None:
    """Look into a pod that runs, or speak to a backend in its own words.

    runtimes debug POD --image IMAGE is short for: runtimes debug pod POD --image IMAGE
    """


@command.command("pod", cls=ProgramCommand)
@click.argument("pod", shell_complete=pod_names)
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
@click.option("--image", required=True, metavar="IMAGE", help="Of the new container.")
@click.option(
    "--target", default="", metavar="NAME", help="A container whose processes it shall see."
)
@click.option("-i", "--stdin", is_flag=True, help="Pass stdin to it.")
@click.option("-t", "--tty", is_flag=True, help="Give it a terminal.")
@click.option("-c", "--container", default="", metavar="NAME", help="Default: debugger-xxxxx.")
@click.option("-n", "--namespace", metavar="NAME", help="Of the pod.")
@click.option("-d", "--detach", is_flag=True, help="Print its name, and leave it running.")
def pod(  # noqa: PLR0913, PLR0917 - one parameter per option
    pod: str,
    command: tuple[str, ...],
    image: str,
    target: str,
    container: str,
    namespace: str | None,
    stdin: bool,
    tty: bool,
    detach: bool,
) -> int:
    """Add a container to a pod that runs.

    It shares the pod's network, and with --target the processes of one of its containers. It is
    never restarted, and goes with the pod. Its output is shown until it ends, whose exit code this
    command has; Ctrl-C leaves it running.

    Example: runtimes debug web -it --image busybox --target app -- sh
    """
    from runtimes.cli.exit_codes import of_failed_start
    from runtimes.cli.interact import usable_tty
    from runtimes.client import StartFailed
    from runtimes.client.debug import DebugOptions, debug

    tty = usable_tty(stdin=stdin, tty=tty)
    words = command[1:] if command[:1] == ("--",) else command
    options = DebugOptions(name=container, target=target, stdin=stdin, tty=tty)
    with current().connect() as runtime:
        try:
            made = debug(runtime.pod(pod, namespace), image, words, options)
        except StartFailed as error:
            raise of_failed_start(error) from error
        if detach:
            click.echo(made.name)
            return 0
        note(f"container '{made.name}' has started")
        return _join(made, stdin=stdin, tty=tty)


def _join(made: Container, *, stdin: bool, tty: bool) -> int:
    from runtimes.cli.commands.attach import attach

    if stdin or tty:
        try:
            return attach(made, stdin=stdin, tty=tty, from_start=True)
        except errors.FailedPrecondition:
            pass  # it has ended already
    from runtimes.cli.output.log_printer import LogPrinter

    printer = LogPrinter([made.name], prefix=False, timestamps=False)
    for line in made.logs(follow=True):
        printer.print(line)
    return made.pod.container(made.name).exit_code or 0


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
