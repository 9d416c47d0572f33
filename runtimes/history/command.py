"""``runtimes history``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import click

if TYPE_CHECKING:
    from runtimes.history.story.model import Told

_HELP = """Run one Pod through every era of container runtimes, and record who calls whom.

\b
Examples:
  runtimes history examples/history.yaml --json recording.json
  runtimes history pod.yaml -b docker -b oci | jq '.eras[] | [.era, .start_ms]'

Each era that works here runs the Pod twice, the second time on record, and removes it. Of the
others it is told what they lack. Where an engine listens stands in the configuration file, as for
every command.
"""
_FAILED = 1


@runtime_checkable
class Shared(Protocol):
    """What the options before the command's name were set to."""

    config: str | None


@click.command("history", help=_HELP, short_help="Run one Pod through every era")
@click.argument("manifest", metavar="POD.yaml")
@click.option("-b", "--backend", "names", metavar="ERA", multiple=True,
              help="Only this era; may be repeated.")  # fmt: skip
@click.option("--json", "json_file", metavar="FILE", default="-", show_default=True,
              help="Where to write the recording; - is stdout.")  # fmt: skip
@click.option("--cold", is_flag=True, help="Record the first run, with all that is made only once.")
@click.option("--config", metavar="FILE", help="Configuration file.")
@click.pass_context
def command(context: click.Context, /, **words: Any) -> int:  # noqa: ANN401 - click's words
    from pathlib import Path

    from runtimes.history.record import Order, record
    from runtimes.history.story.model import dump

    quiet = words["json_file"] == "-"
    shared = context.obj.config if isinstance(context.obj, Shared) else None
    order = Order(
        words["manifest"], words["names"], words["config"] or shared, warm=not words["cold"]
    )
    recording = record(order, lambda told: click.echo(_line(told), err=quiet))
    if quiet:
        click.echo(dump(recording), nl=False)
    else:
        Path(words["json_file"]).write_text(dump(recording))
    return 0 if any(told.state == "ran" for told in recording.eras) else _FAILED


def _line(told: Told) -> str:
    name = f"{told.era:12}"
    if told.state != "ran":
        return f"{name}{told.state}: {told.why}"
    calls = {"CRI": told.calls("cri"), "gRPC": told.calls("grpc"), "HTTP": told.calls("http"),
             "programs": told.calls("program")}  # fmt: skip
    counted = ", ".join(f"{number} {what}" for what, number in calls.items() if number)
    return (
        f"{name}{told.start_ms:7.0f} ms to start; {told.between} processes between; {counted}; "
        f"{told.code} lines of code"
    )
