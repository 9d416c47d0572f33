"""Commands that also take the group's options, so that those may stand on either side of a name."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from runtimes.cli.settings import FORMATS, Settings, parse_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from click.shell_completion import CompletionItem


def _keep(context: click.Context, parameter: click.Parameter, value: Any) -> Any:  # noqa: ANN401 - click's signature
    settings = context.ensure_object(Settings)
    if parameter.name == "option":
        settings.options.update(parse_options(value))
    elif value not in {None, False} and parameter.name:
        setattr(settings, parameter.name, value)
    return value


def _complete_backend(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    del context, parameter
    from click.shell_completion import CompletionItem

    from runtimes.core.discovery import installed

    names = sorted({found.name for found in installed()} | {"auto"})
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def shared_options(*, hidden: bool) -> list[click.Option]:
    """Make the options that the group and each command take."""
    shared: dict[str, Any] = {"expose_value": False, "callback": _keep, "hidden": hidden}
    return [
        click.Option(
            ["-b", "--backend"],
            metavar="NAME",
            help="Backend, or 'auto'. Default: $RUNTIMES_BACKEND, the configuration file, oci.",
            shell_complete=_complete_backend,
            **shared,
        ),
        click.Option(
            ["--option"],
            metavar="KEY=VALUE",
            multiple=True,
            help="Set an option of the backend; may be repeated.",
            **shared,
        ),
        click.Option(
            ["--config"],
            metavar="FILE",
            help="Configuration file. Default: $RUNTIMES_CONFIG, ~/.config/runtimes/config.toml.",
            **shared,
        ),
        click.Option(
            ["-o", "--output"],
            type=click.Choice(FORMATS),
            help="How to print.",
            **shared,
        ),
        click.Option(
            ["--debug"], is_flag=True, help="Show the log, and tracebacks of errors.", **shared
        ),
    ]


class Command(click.Command):
    """One of our commands."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - click's signature
        super().__init__(*args, **kwargs)
        self.params.extend(shared_options(hidden=True))


class CommandGroup(click.Group):
    """A command with commands of its own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - click's signature
        super().__init__(*args, **kwargs)
        self.params.extend(shared_options(hidden=True))


class RunningCommand(Command):
    """A command after whose first argument everything belongs to a container's program."""

    allow_interspersed_args = False

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take an empty command line for a call for help."""
        return super().parse_args(ctx, args or (["--help"] if self.no_args_is_help else []))


class ProgramCommand(RunningCommand):
    """Takes options also after the pod, up to ``--`` or the command's first word."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Move options that follow the pod before it."""
        pod = self._after_options(args, 0)
        if pod < len(args) and args[pod] != "--":
            end = self._after_options(args, pod + 1)
            program = args[end + 1 :] if args[end : end + 1] == ["--"] else args[end:]
            args = [*args[:pod], *args[pod + 1 : end], args[pod], "--", *program]
        return super().parse_args(ctx, args)

    def _after_options(self, args: Sequence[str], start: int) -> int:
        """Index of the first word that is neither an option nor an option's value."""
        index = start
        while index < len(args) and args[index].startswith("-") and args[index] not in {"-", "--"}:
            index += 2 if self._wants_value(args[index]) else 1
        return min(index, len(args))

    def _wants_value(self, word: str) -> bool:
        """Whether the word after this option is its value: ``-c``, ``-itc``, ``--container``."""
        options = [one for one in self.params if isinstance(one, click.Option) and not one.is_flag]
        names = {name for one in options for name in one.opts}
        if word.startswith("--"):
            return word in names
        takes = [number for number, letter in enumerate(word) if f"-{letter}" in names]
        return takes[:1] == [len(word) - 1]


def is_terminal(stream: int) -> bool:
    """Whether file descriptor `stream` is a terminal."""
    try:
        return os.isatty(stream)
    except OSError:
        return False
