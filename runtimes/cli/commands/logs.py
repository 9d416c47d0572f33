"""``runtimes logs POD``."""

from __future__ import annotations

import re
import time

import click

from runtimes.cli.command import Command
from runtimes.cli.complete import pod_names
from runtimes.cli.output.log_printer import LogPrinter
from runtimes.cli.settings import current

_SINCE = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?")


def read_since(text: str, now_ns: int) -> int:
    """Read how far back, as ``10s``, ``5m``, ``1h30m``, or a time in RFC 3339; give ns.

    Raises:
        BadParameter: it is neither.
    """
    match = _SINCE.fullmatch(text)
    if match is not None and text:
        hours, minutes, seconds = (float(part or 0) for part in match.groups())
        return now_ns - int((hours * 3600 + minutes * 60 + seconds) * 10**9)
    from runtimes.core import errors
    from runtimes.core.logs.line import parse_time

    try:
        return parse_time(text.encode())
    except errors.DataLoss as error:
        raise click.BadParameter(f"'{text}' is neither 10s, 5m, 1h30m nor a time") from error


@click.command("logs", cls=Command)
@click.argument("pod", shell_complete=pod_names)
@click.argument("container", required=False)
@click.option("-c", "--container", "named", metavar="NAME", help="One container; default: all.")
@click.option("-n", "--namespace", metavar="NAME", help="Of the pod.")
@click.option("-f", "--follow", is_flag=True, help="Go on until the pod's containers have ended.")
@click.option("-p", "--previous", is_flag=True, help="Of the attempt before the newest.")
@click.option("--tail", type=click.IntRange(min=0), metavar="N", help="Only the last N lines.")
@click.option("--since", metavar="TIME", help="Nothing older: 10s, 5m, 1h, or a time.")
@click.option("--timestamps", is_flag=True, help="Put the time before each line.")
@click.option("--prefix/--no-prefix", default=None, help="Names before lines. Default: if several.")
def command(  # noqa: PLR0913, PLR0917 - one parameter per option
    pod: str,
    container: str | None,
    named: str | None,
    namespace: str | None,
    follow: bool,
    previous: bool,
    tail: int | None,
    since: str | None,
    timestamps: bool,
    prefix: bool | None,
) -> None:
    """Show what containers wrote.

    What they wrote to stderr goes to stderr.
    """
    with current().connect() as runtime:
        found = runtime.pod(pod, namespace)
        chosen = named or container
        names = [chosen] if chosen else found.container_names
        shown = len(names) > 1 if prefix is None else prefix
        printer = LogPrinter(names, prefix=shown, timestamps=timestamps)
        if previous:
            lines = found.previous_logs(chosen, tail=tail)
        else:
            since_ns = read_since(since, time.time_ns()) if since else 0
            lines = found.logs(chosen, follow=follow, tail=tail, since_ns=since_ns)
        for line in lines:
            printer.print(line)
        if not found.containers:
            from runtimes.core import errors

            raise errors.FailedPrecondition(
                f"read the logs of pod '{found.full_name}': nothing of it has been started yet;"
                f" see: runtimes describe pod {found.name}"
            )
