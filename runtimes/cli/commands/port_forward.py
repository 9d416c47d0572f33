"""``runtimes port-forward POD PORT...``."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import click

from runtimes.cli.command import Command
from runtimes.cli.complete import pod_names
from runtimes.cli.messages import note
from runtimes.cli.settings import current

if TYPE_CHECKING:
    from runtimes.client.port_forward import PortPair
    from runtimes.core import errors


@click.command("port-forward", cls=Command)
@click.argument("pod", shell_complete=pod_names)
@click.argument("ports", nargs=-1, required=True, metavar="[LOCAL:]REMOTE...")
@click.option(
    "--address",
    "addresses",
    multiple=True,
    metavar="IP",
    help="To listen on; may be repeated. Default: 127.0.0.1 and ::1.",
)
@click.option("-n", "--namespace", metavar="NAME", help="Of the pod.")
def command(
    pod: str, ports: tuple[str, ...], addresses: tuple[str, ...], namespace: str | None
) -> int:
    """Carry ports of this host to a pod.

    8080:80 listens on 8080 and connects to the pod's port 80; 80 is the same port on both sides,
    :80 takes any free one. Goes on until Ctrl-C. Whoever reaches the address reaches the pod.
    """
    from runtimes.client.port_forward import LOOPBACK, ForwardEvents

    chosen = addresses or LOOPBACK
    with current().connect() as runtime:
        found = runtime.pod(pod, namespace)
        events = ForwardEvents(accepted=_accepted, failed=_failed)
        try:
            with found.port_forward(ports, addresses=chosen, events=events) as forward:
                for pair in forward.ports:
                    for address in chosen:
                        click.echo(f"Forwarding {_shown(address)}:{pair.local} -> {pair.remote}")
                while True:
                    signal.pause()
        except KeyboardInterrupt:
            return 0


def _shown(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _accepted(pair: PortPair) -> None:
    click.echo(f"Handling connection for {pair.local}")


def _failed(pair: PortPair, error: errors.Error) -> None:
    note(f"connection for {pair.local}: {error}")
