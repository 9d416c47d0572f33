"""``runtimes history``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import click

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.history.story.model import Recording, Told

_HELP = """Run one Pod through every era of container runtimes, and draw who calls whom.

\b
Examples:
  runtimes history examples/history.yaml
  runtimes history pod.yaml -b docker -b oci -o two-eras.html
  runtimes history pod.yaml --json - | jq '.eras[] | [.era, .start_ms]'
  runtimes history --from recording.json -o again.html

Each era that works here runs the Pod and removes it; of the others it is told what they lack.
Where an engine listens stands in the configuration file, as for every command.
"""
_FAILED = 1


@runtime_checkable
class Shared(Protocol):
    """What the options before the command's name were set to."""

    config: str | None


@click.command("history", help=_HELP, short_help="Run one Pod through every era, and draw it")
@click.argument("manifest", metavar="POD.yaml", required=False)
@click.option("-b", "--backend", "names", metavar="ERA", multiple=True,
              help="Only this era; may be repeated.")  # fmt: skip
@click.option("-o", "--output", metavar="FILE", default="history.html", show_default=True,
              help="The page.")  # fmt: skip
@click.option("--json", "json_file", metavar="FILE", default="",
              help="Write the recording, too; - writes it to stdout, and no page.")  # fmt: skip
@click.option("--from", "recorded", metavar="FILE", default="",
              help="Make the page of a recording; nothing is run.")  # fmt: skip
@click.option("--runs", type=click.IntRange(1), default=2, show_default=True, metavar="N",
              help="Runs of the Pod by each era in a row; the quickest is told.")  # fmt: skip
@click.option("--rounds", type=click.IntRange(1), default=1, show_default=True, metavar="N",
              help="Turns of each era, so that a busy hour hits all alike.")  # fmt: skip
@click.option("--config", metavar="FILE", help="Configuration file.")
@click.pass_context
def command(context: click.Context, /, **words: Any) -> int:  # noqa: ANN401 - click's words
    from pathlib import Path

    from runtimes.history.story.model import dump, load

    if bool(words["manifest"]) == bool(words["recorded"]):
        raise click.UsageError("give a manifest, or a recording by --from")
    quiet = words["json_file"] == "-"
    if words["recorded"]:
        recording = load(Path(words["recorded"]).read_bytes())
    else:
        recording = _record(words, context.obj, quiet=quiet)
    if quiet:
        click.echo(dump(recording), nl=False)
    else:
        if words["json_file"]:
            Path(words["json_file"]).write_text(dump(recording))
        _write_page(recording, Path(words["output"]))
    return 0 if any(told.state == "ran" for told in recording.eras) else _FAILED


def _record(words: dict[str, Any], shared: object, *, quiet: bool) -> Recording:
    from runtimes.history.record import Order, record

    config = words["config"] or (shared.config if isinstance(shared, Shared) else None)
    order = Order(
        words["manifest"], words["names"], config, runs=words["runs"], rounds=words["rounds"]
    )
    return record(order, lambda told: click.echo(_line(told), err=quiet))


def _line(told: Told) -> str:
    name = f"{told.era:12}"
    if told.state != "ran":
        return f"{name}{told.state}: {told.why}"
    calls = {"CRI": told.calls("cri"), "gRPC": told.calls("grpc"), "HTTP": told.calls("http"),
             "programs": told.calls("program")}  # fmt: skip
    counted = ", ".join(f"{number} {what}" for what, number in calls.items() if number)
    between = "unseen" if told.between is None else told.between
    return (
        f"{name}{told.start_ms:7.0f} ms to start; {between} processes between; {counted}; "
        f"{told.code} lines of code"
    )


def _write_page(recording: Recording, file: Path) -> None:
    from runtimes.history.page.html import page

    file.write_text(page(recording))
    click.echo(f"wrote {file}")
