"""``runtimes exec POD -- COMMAND``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from runtimes.cli.command import ProgramCommand
from runtimes.cli.complete import pod_names
from runtimes.cli.exit_codes import of_failed_exec
from runtimes.cli.interact import interact, usable_tty, user_size, write_all
from runtimes.cli.settings import current
from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtimes.client import Container


@click.command("exec", cls=ProgramCommand)
@click.argument("pod", shell_complete=pod_names)
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
@click.option("-i", "--stdin", is_flag=True, help="Pass stdin to it.")
@click.option("-t", "--tty", is_flag=True, help="Give it a terminal.")
@click.option("-c", "--container", metavar="NAME", help="Default: the pod's first.")
@click.option("-n", "--namespace", metavar="NAME", help="Of the pod.")
@click.option(
    "--timeout",
    type=click.IntRange(min=0),
    default=0,
    metavar="SECONDS",
    help="Kill it then; its output comes at its end. 0: none.",
)
def command(  # noqa: PLR0913, PLR0917 - one parameter per option
    pod: str,
    command: tuple[str, ...],
    container: str | None,
    namespace: str | None,
    timeout: int,
    stdin: bool,
    tty: bool,
) -> int:
    """Run a command in a container.

    Its exit code is that of this command, or 125 when it couldn't be run at all, 126 when its
    program can't be executed, 127 when there is none. With -it, all keys are the program's.
    """
    words = command[1:] if command[:1] == ("--",) else command
    if not words:
        raise click.UsageError("Name the command: runtimes exec POD -- COMMAND [ARGUMENTS]")
    if timeout and (stdin or tty):
        raise click.UsageError("--timeout is for commands without -i and -t.")
    tty = usable_tty(stdin=stdin, tty=tty)
    with current().connect() as runtime:
        found = runtime.pod(pod, namespace).container(container)
        try:
            if timeout:
                return _collect(found, words, timeout)
            return _stream(found, words, stdin=stdin, tty=tty)
        except errors.Error as error:
            raise of_failed_exec(error) from error


def _stream(found: Container, words: Sequence[str], *, stdin: bool, tty: bool) -> int:
    try:
        session = found.open_exec(words, tty=tty, stdin=stdin, size=user_size() if tty else None)
    except errors.Unimplemented:
        if stdin or tty:
            raise
        return _collect(found, words, 0)
    return interact(session, tty=tty)


def _collect(found: Container, words: Sequence[str], timeout: int) -> int:
    result = found.exec(words, timeout=timeout)
    write_all(1, result.stdout)
    write_all(2, result.stderr)
    return result.exit_code
