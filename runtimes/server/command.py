"""``runtimes serve``."""

from __future__ import annotations

import gc
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

import click

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runtimes.core.backend import Backend
    from runtimes.core.cri.services import CriService

_HELP = """Serve a backend as a CRI socket, for kubelet, crictl and critest.

\b
Examples:
  runtimes serve -b oci --listen unix:///run/runtimes/oci.sock
  runtimes serve -b cri --option endpoint=unix:///run/containerd/containerd.sock \\
      --listen unix:///run/runtimes/proxy.sock --metrics 127.0.0.1:9180

It stays in the foreground. SIGTERM ends it; containers go on, and the next server finds them.
"""


@runtime_checkable
class Shared(Protocol):
    """What the options before the command's name were set to."""

    backend: str | None
    options: dict[str, str]
    config: str | None
    debug: bool


@dataclass(frozen=True, slots=True)
class Options:
    """The command line of `serve` alone."""

    backend: str | None
    option: tuple[str, ...]
    config: str | None
    listen: str
    metrics: str
    streaming: str
    streaming_cert: Path | None
    streaming_key: Path | None
    streaming_idle: float
    streaming_sessions: int
    workers: int
    grace: float
    log_format: Literal["text", "json"]
    debug: bool


@click.command("serve", help=_HELP, short_help="Serve a backend as a CRI socket")
@click.option(
    "-b",
    "--backend",
    metavar="NAME",
    help="Backend, or 'auto'. Default: $RUNTIMES_BACKEND, the configuration file, oci.",
)
@click.option(
    "--option",
    metavar="KEY=VALUE",
    multiple=True,
    help="Set an option of the backend; may be repeated.",
)
@click.option("--config", metavar="FILE", help="Configuration file.")
@click.option(
    "--listen",
    metavar="unix:///PATH",
    default="",
    help="The socket. Default: unix:///run/runtimes/NAME.sock (root).",
)
@click.option(
    "--metrics",
    metavar="ADDRESS:PORT",
    default="",
    help="Serve /healthz and /metrics (Prometheus) over HTTP. Default: not at all.",
)
@click.option(
    "--streaming",
    metavar="ADDRESS:PORT",
    default="127.0.0.1:0",
    show_default=True,
    help="Where exec, attach and port-forward are streamed; port 0 takes a free one.",
)
@click.option(
    "--streaming-cert",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Stream by TLS with this certificate chain (PEM). Default: plain HTTP.",
)
@click.option(
    "--streaming-key",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The certificate's private key (PEM). Default: it is in the same file.",
)
@click.option(
    "--streaming-idle",
    type=click.FloatRange(1),
    default=4 * 3600.0,
    show_default=True,
    metavar="SECONDS",
    help="End a stream on which nothing has moved for so long.",
)
@click.option(
    "--streaming-sessions",
    type=click.IntRange(1),
    default=4096,
    show_default=True,
    metavar="COUNT",
    help="Streams that may be open at once; further ones are refused.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 1024),
    default=64,
    show_default=True,
    help="Calls that change something at once; further ones wait.",
)
@click.option(
    "--grace",
    type=click.FloatRange(0),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="How long calls may take to finish when the server stops.",
)
@click.option(
    "--log-format", type=click.Choice(("text", "json")), default="text", show_default=True
)
@click.option("--debug", is_flag=True, help="Log every call.")
@click.pass_context
def command(context: click.Context, /, **words: Any) -> int:  # noqa: ANN401 - click's words
    shared = context.obj if isinstance(context.obj, Shared) else None
    return run(Options(**words), shared)


def run(options: Options, shared: Shared | None) -> int:
    """Serve; return the exit code.

    Raises:
        Error: the backend can't be opened, or the socket can't be had.
    """
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # its errors reach us as exceptions
    from runtimes.server import claim, log
    from runtimes.server.serve import Serving, serve
    from runtimes.server.server import Limits
    from runtimes.server.streaming.listening import Listening

    log.configure(options.log_format, debug=options.debug or (shared.debug if shared else False))
    backend, filled = _chosen(options, shared)
    path = claim.parse(options.listen) if options.listen else _default_path(backend.name)
    gc.enable()  # the command line starts faster without
    unfinished = serve(
        Serving(
            backend.name,
            lambda: backend.open(filled),
            path,
            options.metrics,
            options.grace,
            Listening(
                options.streaming,
                options.streaming_idle,
                options.streaming_cert,
                options.streaming_key,
                options.streaming_sessions,
            ),
            Limits(workers=options.workers),
        )
    )
    if unfinished:  # Python would wait for their threads
        sys.stderr.flush()
        os._exit(0)
    return 0


def _chosen(options: Options, shared: Shared | None) -> tuple[Backend[CriService], object]:
    from runtimes.core import configure, discovery
    from runtimes.core.backend import Kind

    file = options.config or (shared.config if shared else None)
    config = configure.read_config(Path(file) if file else None)
    asked = options.backend or (shared.backend if shared else None)
    name = discovery.choose(asked, config.backend).name
    backend: Backend[CriService] = discovery.load(name, [Kind.CRI])
    given = _pairs(options.option)
    words: Mapping[str, object] = {
        **config.backends.get(name, {}),
        **(shared.options if shared else {}),
        **given,
    }
    return backend, configure.fill(backend.options, words)


def _pairs(words: tuple[str, ...]) -> dict[str, str]:
    pairs = [word.partition("=") for word in words]
    if not all(key and equals for key, equals, _ in pairs):
        raise click.BadParameter("expected KEY=VALUE", param_hint="--option")
    return {key: value for key, _, value in pairs}


def _default_path(backend: str) -> Path:
    home = os.environ.get("XDG_RUNTIME_DIR", "")
    folder = Path("/run") if os.geteuid() == 0 or not home else Path(home)
    return folder / "runtimes" / f"{backend}.sock"
