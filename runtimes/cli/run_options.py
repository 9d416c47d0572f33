"""The options of `run` that describe a pod around one image, as `docker run` has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from runtimes.client import RunOptions

_OPTIONS = (
    click.option("--name", metavar="NAME", default="", help="Of the pod. Default: made up."),
    click.option("-n", "--namespace", metavar="NAME", default="default", help="Of the pod."),
    click.option("-i", "--stdin", "--interactive", is_flag=True, help="Pass stdin to it."),
    click.option("-t", "--tty", is_flag=True, help="Give it a terminal."),
    click.option("-e", "--env", multiple=True, metavar="NAME=VALUE", help="Set a variable."),
    click.option(
        "-v", "--volume", "volumes", multiple=True, metavar="HOST:CONTAINER[:ro]", help="Mount."
    ),
    click.option(
        "-p", "--publish", multiple=True, metavar="[IP:]HOST:CONTAINER", help="Publish a port."
    ),
    click.option("-w", "--workdir", metavar="PATH", default="", help="Working directory."),
    click.option("-u", "--user", metavar="UID[:GID]", default="", help="User of the program."),
    click.option("--entrypoint", metavar="PROGRAM", help="Instead of the image's."),
    click.option("--hostname", metavar="NAME", default="", help="Default: the pod's name."),
    click.option("--label", "labels", multiple=True, metavar="NAME=VALUE", help="Label the pod."),
    click.option("--memory", metavar="AMOUNT", default="", help="Limit, e.g. 256Mi."),
    click.option("--cpus", metavar="AMOUNT", default="", help="Limit, e.g. 500m or 2."),
    click.option("--host-network", is_flag=True, help="Use the host's network."),
    click.option("--privileged", is_flag=True, help="Give it all that root on the host has."),
    click.option("--read-only", is_flag=True, help="The root file system can't be written."),
    click.option(
        "--pull",
        type=click.Choice(["Always", "IfNotPresent", "Never"], case_sensitive=False),
        default="IfNotPresent",
        help="Default: IfNotPresent.",
    ),
    click.option(
        "--restart",
        type=click.Choice(["Always", "OnFailure", "Never"], case_sensitive=False),
        default="Never",
        help="When its program ends.",
    ),
    click.option(
        "--stop-timeout",
        "grace_period",
        type=click.IntRange(min=0),
        default=30,
        metavar="SECONDS",
        help="Between stop signal and kill. Default: 30.",
    ),
)


def image_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def read_options(options: dict[str, Any]) -> RunOptions:
    """Turn their values into what the client takes.

    Raises:
        InvalidArgument: a word without ``=``.
    """
    import os

    from runtimes.client import RunOptions

    given = dict(options)
    entrypoint = given.pop("entrypoint")
    env = {
        name: value if equals else os.environ.get(name, "")
        for name, equals, value in (word.partition("=") for word in given.pop("env"))
    }
    return RunOptions(
        **{
            **given,
            "env": env,
            "labels": dict(_pairs(given["labels"])),
            "entrypoint": (entrypoint,) if entrypoint else (),
        }
    )


def _pairs(words: Iterable[str]) -> Iterable[tuple[str, str]]:
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise errors.InvalidArgument(f"--label '{word}': expected name=value")
        yield name, value
