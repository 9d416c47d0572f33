"""``runtimes attach POD``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from runtimes.cli.command import Command
from runtimes.cli.complete import pod_names
from runtimes.cli.detach import Detached
from runtimes.cli.interact import interact
from runtimes.cli.messages import note
from runtimes.cli.settings import current
from runtimes.client.earlier import caught_up

if TYPE_CHECKING:
    from runtimes.client import Container


@click.command("attach", cls=Command)
@click.argument("pod", shell_complete=pod_names)
@click.option("-i", "--stdin", is_flag=True, help="Pass stdin to it.")
@click.option("-t", "--tty", is_flag=True, help="It has a terminal; default: as its pod says.")
@click.option("-c", "--container", metavar="NAME", help="Default: the pod's first.")
@click.option("-n", "--namespace", metavar="NAME", help="Of the pod.")
def command(
    *, pod: str, container: str | None, namespace: str | None, stdin: bool, tty: bool
) -> int:
    """Connect to what a container runs.

    Shows what it writes from now on, until it ends; exits with its code. Ctrl-P Ctrl-Q leaves a
    terminal, Ctrl-C a container without one; either goes on.
    """
    with current().connect() as runtime:
        found = runtime.pod(pod, namespace).container(container)
        if stdin and found.pod.managed and not found.has_stdin:
            note(f"container '{found.name}' has no stdin; its pod doesn't ask for one")
        return attach(found, stdin=stdin, tty=found.has_tty or (tty and not found.pod.managed))


def attach(found: Container, *, stdin: bool, tty: bool, from_start: bool = False) -> int:
    """Connect until the container ends, and return its exit code; 0 if the user leaves it.

    `from_start` shows first what it has written before: a prompt, most likely.
    """
    session = found.attach(stdin=stdin, tty=tty)
    earlier = caught_up(found, session) if from_start else ()
    try:
        return interact(session, tty=tty, detachable=True, earlier=earlier)
    except Detached:
        note(f"left container '{found.name}'; it goes on")
        return 0
