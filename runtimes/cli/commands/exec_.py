"""``runtimes exec POD -- COMMAND``."""

from __future__ import annotations

import sys

import click

from runtimes.cli.command import RunningCommand
from runtimes.cli.complete import pod_names
from runtimes.cli.exit_codes import of_failed_exec
from runtimes.cli.settings import current
from runtimes.core import errors


@click.command("exec", cls=RunningCommand)
@click.argument("pod", shell_complete=pod_names)
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
@click.option("-c", "--container", metavar="NAME", help="Default: the pod's first.")
@click.option("-n", "--namespace", metavar="NAME", help="Of the pod.")
@click.option(
    "--timeout", type=click.IntRange(min=0), default=0, metavar="SECONDS", help="0: none."
)
@click.option("-i", "--stdin", is_flag=True, help="Pass stdin; not in this version.")
@click.option("-t", "--tty", is_flag=True, help="With a terminal; not in this version.")
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

    Its output comes when it has ended; its exit code is that of this command, or 125 when it
    couldn't be run at all, 126 when its program can't be executed, 127 when there is none.
    """
    words = command[1:] if command[:1] == ("--",) else command
    if not words:
        raise click.UsageError("Name the command: runtimes exec POD -- COMMAND [ARGUMENTS]")
    if stdin or tty:
        raise errors.Unimplemented(
            "exec with stdin or a terminal isn't there in this version; run the command without"
        )
    with current().connect() as runtime:
        found = runtime.pod(pod, namespace).container(container)
        try:
            result = found.exec(words, timeout=timeout)
        except errors.Error as error:
            raise of_failed_exec(error) from error
    sys.stdout.buffer.write(result.stdout)
    sys.stdout.buffer.flush()
    sys.stderr.buffer.write(result.stderr)
    sys.stderr.buffer.flush()
    return result.exit_code
