"""``runtimes contract``: hold a backend to the contract, and read what came of it."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

import click

_RUN_HELP = """Hold a backend to its contract.

\b
Examples:
  runtimes contract run -b oci
  runtimes contract run -b mine --static
  runtimes contract run -b cri --endpoint unix:///run/containerd/containerd.sock \\
      --registry 127.0.0.1:5000 --report reports/

\b
Exit codes: 0 conformant, 1 not conformant, 2 usage, 3 partial (a test of level core was skipped
or is known to fail), 4 the backend can't be used here, 5 nothing ran.
"""
_UNUSABLE = 4


@click.group("contract", short_help="Certify backends")
def command() -> None:
    """Certify backends: run the contract suite, and read its reports."""


def _explanation(test: str) -> str:
    from difflib import get_close_matches

    from runtimes.contract import catalogue

    entries = catalogue.catalogue()
    found = entries.get(test.partition("[")[0])
    if found is None:
        close = get_close_matches(test, entries, n=3, cutoff=0.4)
        hint = f"; did you mean {' or '.join(close)}?" if close else ""
        raise click.UsageError(f"there is no test '{test}'{hint}")
    return catalogue.explain(found)


@command.command("run", help=_RUN_HELP, short_help="Hold a backend to its contract")
@click.option("-b", "--backend", metavar="NAME", help="Default: as every command's.")
@click.option("--option", metavar="KEY=VALUE", multiple=True, help="Set an option of the backend.")
@click.option("--endpoint", metavar="unix:///PATH", help="Short for --option endpoint=...")
@click.option("--profile", metavar="NAME", multiple=True, help="Only this one; may be repeated.")
@click.option("--level", type=click.Choice(("core", "extended")), help="Only this level.")
@click.option("--test", metavar="ID", multiple=True, help="Only this test, or all below a prefix.")
@click.option("--static", is_flag=True, help="Only what needs no engine; a few seconds.")
@click.option("--without", metavar="CAPABILITY", multiple=True, help="A claim to take back.")
@click.option("--known", metavar="FILE", help="Known failures: TOML tables [[known-failure]].")
@click.option("--registry", metavar="HOST:PORT", default="", help="A registry to pull from.")
@click.option("--image", metavar="REFERENCE", default="", help="The suite's busybox, if there.")
@click.option("--restart", metavar="COMMAND", default="", help="Kills -9 and starts the engine.")
@click.option("--state", metavar="FOLDER", multiple=True, help="Where its records are, to damage.")
@click.option("--repeat", type=click.IntRange(1), default=1, help="Run everything N times.")
@click.option("--patience", type=click.FloatRange(1), default=120.0, metavar="SECONDS",
              help="What one test gets before it counts as hanging.")  # fmt: skip
@click.option("--report", metavar="FOLDER|FORMAT=FILE", multiple=True,
              help="Write json, junit, html, md or badge; a folder takes all.")  # fmt: skip
@click.option("-v", "--verbose", is_flag=True, help="Show every test.")
@click.option("--explain", metavar="ID", help="Run nothing: say what a test holds, and why.")
@click.pass_context
def run(context: click.Context, /, **words: Any) -> int:  # noqa: ANN401 - click's words
    from runtimes.contract.run.invoke import invoke
    from runtimes.core import errors

    if words["explain"]:
        click.echo(_explanation(words["explain"]))
        return 0
    again = shlex.join(["runtimes", *sys.argv[1:]])
    try:
        code = invoke(words, context.obj, again)
    except (errors.InvalidArgument, errors.NotFound) as error:
        raise click.UsageError(str(error)) from error
    except errors.BackendUnavailable as error:
        click.echo(f"runtimes: {error}", err=True)
        return _UNUSABLE
    return code


@command.command("list", short_help="List the tests of the suite")
@click.option("--profile", metavar="NAME", multiple=True, help="Only this one; may be repeated.")
def list_(profile: tuple[str, ...]) -> None:
    """List every test by its id, with its profile, level and capabilities."""
    from runtimes.contract.catalogue import catalogue

    for entry in catalogue().values():
        if not profile or entry.profile in profile:
            claims = ", ".join(entry.requires)
            click.echo(f"{entry.id}\t{entry.profile}\t{entry.level}\t{claims}".rstrip())


@command.command("explain", short_help="Say what a test holds, and why")
@click.argument("test", metavar="ID")
def explain(test: str) -> None:
    """Say what a test holds, for whom, and which line of which specification it comes from."""
    click.echo(_explanation(test))


@command.command("matrix", short_help="Put reports side by side")
@click.argument("reports", metavar="REPORT.json...", nargs=-1, required=True)
def matrix(reports: tuple[str, ...]) -> None:
    """Print a Markdown table of profiles and capabilities, a column for each report."""
    from runtimes.contract.report.jsonfile import read
    from runtimes.contract.report.matrix import matrix as table

    click.echo(table([read(Path(path)) for path in reports]), nl=False)


@command.command("diff", short_help="Say what changed between two reports")
@click.argument("old", metavar="OLD.json")
@click.argument("new", metavar="NEW.json")
def diff(old: str, new: str) -> int:
    """Print every test whose verdict changed; exit with 1 if something got worse."""
    from runtimes.contract.report.jsonfile import read
    from runtimes.contract.report.matrix import differences, is_worse

    before, after = read(Path(old)), read(Path(new))
    for line in differences(before, after):
        click.echo(line)
    return int(is_worse(before, after))


@command.command("badge", short_help="Make a badge of a report")
@click.argument("report", metavar="REPORT.json")
def badge(report: str) -> None:
    """Print the JSON that badge services read."""
    from runtimes.contract.report.badge import dump
    from runtimes.contract.report.jsonfile import read

    click.echo(dump(read(Path(report))), nl=False)
