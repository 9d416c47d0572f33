from __future__ import annotations

from importlib import import_module
from pathlib import Path

import click
import pytest

from runtimes.cli import commands, registry
from runtimes.cli.app import cli

_NAMES = sorted(registry.summaries())


def _command(name: str) -> click.Command:
    found = cli.get_command(click.Context(cli), name)
    assert found is not None
    return found


@pytest.mark.parametrize("name", _NAMES)
def test_a_commands_line_is_the_first_of_its_help(name: str) -> None:
    command = _command(name)

    assert command.name == name
    assert (command.help or "").splitlines()[0].rstrip(".") == registry.summaries()[name]


def test_every_module_of_commands_is_in_the_table() -> None:
    modules = {path.stem for path in Path(commands.__path__[0]).glob("*.py")} - {"__init__"}

    assert modules == {registry.module_of(name).rpartition(".")[2] for name in _NAMES}
    assert all(import_module(registry.module_of(name)).command for name in _NAMES)


@pytest.mark.parametrize("name", _NAMES)
def test_every_command_takes_the_shared_options(name: str) -> None:
    options = {option for parameter in _command(name).params for option in parameter.opts}

    assert {"--backend", "-b", "--option", "--config", "--output", "-o", "--debug"} <= options


@pytest.mark.parametrize("name", _NAMES)
def test_every_option_has_a_line_of_help(name: str) -> None:
    for parameter in _command(name).params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name
