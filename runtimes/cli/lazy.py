"""The group of commands: each is imported when it is run, none for ``--help``."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from runtimes.cli import plugins, registry
from runtimes.cli.command import shared_options
from runtimes.cli.failure import BROKEN_PIPE, silence_stdout
from runtimes.cli.settings import Settings
from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runtimes.core.discovery.entry_points import EntryPoint


class LazyGroup(click.Group):
    """Knows its commands by name; ours from `registry`, others' from their metadata."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - click's signature
        super().__init__(*args, **kwargs)
        self.params.extend(shared_options(hidden=False))

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return [*registry.summaries(), *sorted(self._plugins())]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name in registry.summaries():
            module = import_module(registry.module_of(cmd_name))
            command = module.command
        elif (found := plugins.plugin_commands().get(cmd_name)) is not None:
            command = _load(found)
        else:
            return None
        if not isinstance(command, click.Command):
            raise errors.Internal(f"run '{cmd_name}': what its package names isn't a click command")
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; click would end the process with 1 where nobody reads its output."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            silence_stdout()
            raise click.exceptions.Exit(BROKEN_PIPE) from error

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command, or say which one may have been meant.

        Raises:
            UsageError: there is none of that name.
        """
        name = args[0]
        ctx.ensure_object(Settings).command = name
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            from difflib import get_close_matches

            close = get_close_matches(name, self.list_commands(ctx), n=1)
            meant = registry.ELSEWHERE.get(name) or next(iter(close), None)
            hint = f" Did you mean '{meant}'?" if meant else ""
            ctx.fail(f"No such command '{name}'.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        sections: dict[str, Iterable[tuple[str, str]]] = {
            section: commands.items() for section, commands in registry.COMMANDS.items()
        }
        added = sorted(self._plugins().items())
        sections[registry.PLUGINS] = [(name, f"of {found.distribution}") for name, found in added]
        for section, rows in sections.items():
            if rows:
                with formatter.section(section):
                    formatter.write_dl(list(rows))

    def _plugins(self) -> dict[str, EntryPoint]:
        own = registry.summaries()
        return {n: found for n, found in plugins.plugin_commands().items() if n not in own}


def _load(found: EntryPoint) -> object:
    try:
        return found.load()
    except Exception as error:
        raise errors.BackendUnavailable(
            f"run '{found.name}' of {found.distribution}: it can't be loaded: "
            f"{type(error).__name__}: {error}; reinstall that package"
        ) from error
