"""What the options that every command takes were set to."""

from __future__ import annotations

import gc
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from runtimes.core import errors

if TYPE_CHECKING:
    from runtimes.client import Runtime
    from runtimes.core.configure import Config
    from runtimes.core.discovery import Choice

FORMATS = ("table", "wide", "json", "yaml", "name")


@dataclass
class Settings:
    """Filled while the command line is read, before the group's command runs.

    Attributes:
        backend: as asked for, None when it wasn't.
        options: of the backend, by name.
        config: the configuration file asked for.
        output: one of `FORMATS`, None for the command's own default.
        debug: show tracebacks and the log.
        command: the one that runs; empty until it is known.
    """

    backend: str | None = None
    options: dict[str, str] = field(default_factory=dict)
    config: str | None = None
    output: str | None = None
    debug: bool = False
    command: str = ""

    def read_config(self) -> Config:
        """Read the configuration file.

        Raises:
            NotFound, InvalidArgument: it can't be used.
        """
        from pathlib import Path

        from runtimes.core.configure import read_config

        return read_config(Path(self.config) if self.config else None)

    def choose(self) -> Choice:
        """Choose the backend.

        Raises:
            BackendUnavailable: ``auto``, and none is usable.
        """
        from runtimes.core import discovery

        return discovery.choose(self.backend, self.read_config().backend)

    def connect(self) -> Runtime:
        """Open the backend; a context manager.

        Raises:
            BackendUnavailable: it can't be opened.
            InvalidArgument: an option that it doesn't have.
        """
        from runtimes.cli.messages import Events, show_log
        from runtimes.client import connect

        show_log(debug=self.debug)
        options: dict[str, Any] = dict(self.options)
        opened = connect(self.backend, config=self.read_config(), events=Events(), **options)
        gc.freeze()
        gc.enable()
        return opened


def current() -> Settings:
    """Find the settings of the command that runs."""
    return click.get_current_context().ensure_object(Settings)


def parse_options(pairs: tuple[str, ...]) -> dict[str, str]:
    """Read ``key=value`` words.

    Raises:
        InvalidArgument: a word without ``=``.
    """
    options = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise errors.InvalidArgument(f"--option '{pair}': expected key=value")
        options[key] = value
    return options
