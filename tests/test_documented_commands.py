"""Commands that the documentation shows can be read, and its links lead somewhere."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import click
import pytest
from distributions import ROOT

from runtimes.cli.app import cli
from runtimes.cli.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "runtimes/*/README.md", "examples/**/*.md")
    for path in ROOT.glob(pattern)
    if "_build" not in path.parts
)
BLOCK = re.compile(r"^```(?P<language>\S*)[^\n]*\n(?P<code>.*?)^```", re.MULTILINE | re.DOTALL)
SHELLS = {"console", "sh", ""}
LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
ENDS = {"|", "&&", ";", "&", ">", "||", "\\"}
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))


def commands(page: Path) -> Iterator[list[str]]:
    """The words after `runtimes` of each command line of a page."""
    for block in BLOCK.finditer(page.read_text()):
        if block["language"] not in SHELLS:
            continue
        for line in block["code"].replace("\\\n", " ").replace("; ", "\n").splitlines():
            shown = line.removeprefix("$ ").removeprefix("sudo ")
            if shown.startswith("runtimes "):
                words = shlex.split(shown, comments=True)
                end = next((n for n, word in enumerate(words) if word in ENDS), len(words))
                yield words[1:end]


def read(group: click.Group, name: str, words: list[str], parent: click.Context | None) -> None:
    """Read a command line as click does before it calls anything."""
    context = group.make_context(name, list(words), parent=parent, obj=Settings())
    rest = [*context._protected_args, *context.args]
    found, command, rest = group.resolve_command(context, rest)
    assert command is not None
    assert found is not None
    if isinstance(command, click.Group):
        read(command, found, rest, context)
    elif "--help" not in rest:
        command.make_context(found, rest, parent=context)


@every_page
def test_a_command_line_can_be_read(page: Path) -> None:
    for words in commands(page):
        try:
            read(cli, "runtimes", words, None)
        except click.UsageError as error:
            said = error.format_message()
            assert "does not exist" in said, f"runtimes {shlex.join(words)}: {said}"


def test_the_pages_show_commands() -> None:
    assert sum(1 for page in PAGES for _ in commands(page)) > 40


@every_page
def test_a_link_to_a_file_leads_to_one(page: Path) -> None:
    targets = [link["target"].partition("#")[0] for link in LINK.finditer(page.read_text())]
    files = [target for target in targets if target and "://" not in target]

    missing = [target for target in files if not (page.parent / target).exists()]

    assert not missing
