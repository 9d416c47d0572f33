"""``runtimes completion SHELL``."""

from __future__ import annotations

import click

from runtimes.cli.command import Command

_HOW = {
    "bash": 'eval "$(runtimes completion bash)"',
    "zsh": 'eval "$(runtimes completion zsh)"',
    "fish": "runtimes completion fish | source",
}


_HELP = """Print the completion script of a shell.

\b
Put one of these into your shell's start-up file:
  eval "$(runtimes completion bash)"
  eval "$(runtimes completion zsh)"
  runtimes completion fish | source
"""


@click.command("completion", cls=Command, help=_HELP)
@click.argument("shell", type=click.Choice(sorted(_HOW)))
def command(shell: str) -> None:
    """Print a script that starts with how to use it."""
    from click.shell_completion import get_completion_class

    group = click.get_current_context().find_root().command
    completion = get_completion_class(shell)
    if completion is None:
        raise click.UsageError(f"click has no completion for {shell}")
    script = completion(group, {}, "runtimes", "_RUNTIMES_COMPLETE").source()
    click.echo(f"# {_HOW[shell]}\n{script}")
