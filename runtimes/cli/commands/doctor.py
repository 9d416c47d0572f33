"""``runtimes doctor``."""

from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING

import click

from runtimes.cli.command import Command
from runtimes.cli.found import Found, find, find_all
from runtimes.cli.output import colour
from runtimes.cli.settings import current
from runtimes.core import errors

if TYPE_CHECKING:
    from runtimes.cli.settings import Settings

_MARKS = {
    "good": ("ok", colour.GOOD),
    "bad": ("fail", colour.BAD),
    "warn": ("warn", colour.WAITING),
    "note": ("info", None),
}


@click.command("doctor", cls=Command)
@click.option(
    "-a", "--all", "everything", is_flag=True, help="Every backend, not the chosen one only."
)
def command(*, everything: bool) -> int:
    """Say what this host lacks, and what to do about it.

    Exits with 1 when the backend that would be used doesn't work here.
    """
    settings = current()
    choice = settings.choose()
    config = settings.read_config()
    if everything:
        found = find_all(settings)
    else:
        found = [find(choice.name, config, settings.options, chosen=True)]
    used = next((one for one in found if one.chosen), None)
    ready = used is not None and used.state == "usable" and _is_ready(settings)
    if settings.output in {"json", "yaml"}:
        from runtimes.cli.output.data import print_data

        print_data(found, settings.output)
        return 0 if ready else 1
    _say("note", f"{platform.system()} {platform.release()}, Python {platform.python_version()}")
    _say("note", f"user {'root' if os.geteuid() == 0 else os.geteuid()}")
    _say("note", f"configuration {config.path or 'file: none'}")
    _say("note", f"backend {choice.name}: {choice.why}")
    for one in found:
        _explain(one)
    if used is not None and used.state == "usable":
        _check_conditions(settings)
    return 0 if ready else 1


def _explain(one: Found) -> None:
    _say("good" if one.state == "usable" else "bad", f"{one.name}: {one.state}: {one.reason}")
    for warning in one.warnings:
        _say("warn", f"{one.name}: {warning}")
    if one.remedy:
        click.echo(f"       to do: {one.remedy}")


def _is_ready(settings: Settings) -> bool:
    try:
        with settings.connect() as runtime:
            return all(one.status for one in runtime.status() if one.type.endswith("Ready"))
    except errors.Error:
        return False


def _check_conditions(settings: Settings) -> None:
    try:
        with settings.connect() as runtime:
            version = runtime.version()
            _say("good", f"{runtime.name}: answers as {version.name} {version.version}")
            for one in runtime.status():
                detail = ": ".join(filter(None, (one.reason, one.message)))
                _say("good" if one.status else "bad", f"{one.type} {detail}".rstrip())
    except errors.Error as error:
        _say("bad", str(error))


def _say(mark: str, text: str) -> None:
    word, shade = _MARKS[mark]
    click.echo(f"{colour.paint(word.ljust(4), shade, on=colour.wanted())}   {text}", color=True)
