"""``runtimes kubelet``."""

from __future__ import annotations

import gc
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import click

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runtimes.core.configure import Config
    from runtimes.kubelet.agent.serve import Serving
    from runtimes.kubelet.manifest.load import Validation

DEFAULT_HTTP = "127.0.0.1:10255"
_HELP = """Keep the pods of a folder running.

Every .yaml, .yml and .json file of the folder is a manifest. A new file starts its pods, a changed
one changes only what must change, and a file that is gone ends them.

\b
Examples:
  runtimes kubelet --manifests /etc/runtimes/manifests
  runtimes -b cri kubelet --manifests ./pods --stop-pods
  runtimes kubelet --manifests ./pods --http
  runtimes kubelet --manifests ./pods --dry-run

It stays in the foreground. SIGTERM ends it; pods go on, and the next agent finds them.
"""
_DRY_RUN = """\
Say what it would do now, and do nothing. The exit code is 0 when nothing would change, 1 when
something would, 2 when something is wrong.
"""


@runtime_checkable
class Shared(Protocol):
    """What the options before the command's name were set to."""

    backend: str | None
    options: dict[str, str]
    config: str | None
    debug: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The command line of `kubelet` alone."""

    manifests: Path
    stop_pods: bool
    workers: int
    validate: Validation
    image_gc_high: int
    image_gc_low: int
    http: str | None
    debug: bool
    dry_run: bool


@click.command("kubelet", help=_HELP, short_help="Keep the pods of a folder running")
@click.option(
    "--manifests",
    type=click.Path(path_type=Path),
    required=True,
    metavar="DIR",
    help="The folder of manifests.",
)
@click.option("--dry-run", is_flag=True, help=_DRY_RUN)
@click.option("--stop-pods", is_flag=True, help="End the pods when this ends.")
@click.option(
    "--workers",
    type=click.IntRange(1, 1024),
    default=64,
    show_default=True,
    help="Pods that are worked on at once; further ones wait.",
)
@click.option(
    "--validate",
    type=click.Choice(("strict", "warn", "ignore")),
    default="strict",
    show_default=True,
    help="'warn' and 'ignore' run pods without the fields that aren't carried out yet.",
)
@click.option(
    "--image-gc-high",
    type=click.IntRange(0, 100),
    default=85,
    show_default=True,
    metavar="PERCENT",
    help="Remove unused images when the disk is this full; 100 keeps all.",
)
@click.option(
    "--image-gc-low",
    type=click.IntRange(0, 100),
    default=80,
    show_default=True,
    metavar="PERCENT",
    help="How full it may be after that.",
)
@click.option(
    "--http",
    metavar="ADDRESS:PORT",
    is_flag=False,
    flag_value=DEFAULT_HTTP,
    help=f"Serve a read-only API and a page on loopback. Without an address: {DEFAULT_HTTP}.",
)
@click.option("--debug", is_flag=True, help="Log every sync.")
@click.pass_context
def command(context: click.Context, /, **words: Any) -> int:  # noqa: ANN401 - click's words
    shared = context.obj if isinstance(context.obj, Shared) else None
    return run(Options(**words), shared)


def run(options: Options, shared: Shared | None) -> int:
    """Keep the folder's pods until a signal; return the exit code.

    Raises:
        Error: the backend can't be opened, or another agent has the folder.
    """
    from runtimes.core import configure, discovery
    from runtimes.kubelet.agent.serve import Serving, serve
    from runtimes.kubelet.api.request import parse_address
    from runtimes.kubelet.opening import kubelet_config

    _log_to_stderr(debug=options.debug or bool(shared and shared.debug))
    config = configure.read_config(Path(shared.config) if shared and shared.config else None)
    name = discovery.choose(shared.backend if shared else None, config.backend).name
    backend = discovery.load(name)
    gc.enable()  # the command line starts faster without
    serving = Serving(
        backend=backend,
        options=configure.fill(backend.options, _words(name, config, shared)),
        kubelet=kubelet_config(config.kubelet),
        manifests=options.manifests.absolute(),
        validate=options.validate,
        stop_pods=options.stop_pods,
        workers=options.workers,
        image_gc=(options.image_gc_high, options.image_gc_low),
        http=None if options.http is None else parse_address(options.http),
    )
    if options.dry_run:
        return _rehearse(serving)
    if not serve(serving):  # Python would wait for the threads
        sys.stderr.flush()
        os._exit(0)
    return 0


def _rehearse(serving: Serving) -> int:
    """Print what would happen, and what keeps anybody from telling it; return the exit code."""
    from runtimes.core import errors
    from runtimes.kubelet.agent.rehearse import Rehearsal
    from runtimes.kubelet.agent.serve import rehearsed

    try:
        rehearsal = rehearsed(serving)
    except errors.Error as error:
        rehearsal = Rehearsal(problems={"runtimes": str(error)})
    for line in rehearsal.lines:
        click.echo(line)
    for what, problem in rehearsal.problems.items():
        click.echo(f"{what}: {problem}", err=True)
    return rehearsal.exit_code


def _words(name: str, config: Config, shared: Shared | None) -> Mapping[str, object]:
    return {**config.backends.get(name, {}), **(shared.options if shared else {})}


def _log_to_stderr(*, debug: bool) -> None:
    import logging

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    root = logging.getLogger("runtimes")
    root.handlers[:] = [handler]
    root.setLevel(logging.DEBUG if debug else logging.INFO)
