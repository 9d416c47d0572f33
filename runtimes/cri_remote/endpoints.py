"""Which sockets to speak to: the options say, the environment, crictl's file or known places."""

from __future__ import annotations

import socket
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

RUNTIME_VARIABLE = "CONTAINER_RUNTIME_ENDPOINT"
IMAGE_VARIABLE = "IMAGE_SERVICE_ENDPOINT"
CRICTL_CONFIG = Path("/etc/crictl.yaml")
KNOWN_SOCKETS = (
    "/run/containerd/containerd.sock",
    "/run/crio/crio.sock",
    "/run/cri-dockerd.sock",
    "/run/runtimes/dockershim.sock",
    "/run/dockershim.sock",
)
_CONNECT_TIMEOUT = 0.5


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a CRI service listens: a socket's absolute path, or ``host:port``."""

    path: str = ""
    address: str = ""

    @property
    def target(self) -> str:
        """As gRPC writes it."""
        return f"unix:{self.path}" if self.path else self.address

    def __str__(self) -> str:
        return f"unix://{self.path}" if self.path else f"tcp://{self.address}"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Attributes:
    source: who named the runtime's, e.g. ``CONTAINER_RUNTIME_ENDPOINT``.
    """

    runtime: Endpoint
    image: Endpoint
    source: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an endpoint may come from, besides the options."""

    environ: Mapping[str, str]
    crictl_config: Path = CRICTL_CONFIG
    known_sockets: Sequence[str] = KNOWN_SOCKETS


def parse(text: str) -> Endpoint:
    """Read ``unix:///run/x.sock``, ``/run/x.sock``, ``unix:x.sock`` or ``tcp://host:port``.

    Raises:
        InvalidArgument: none of these.
    """
    scheme, colon, rest = text.strip().partition(":")
    if text.startswith("/"):
        return Endpoint(path=text.strip())
    if scheme == "unix" and colon and rest.strip("/"):
        path = rest if not rest.startswith("//") else "/" + rest.lstrip("/")
        return Endpoint(path=str(Path(path).absolute()))
    host, port_colon, port = rest.removeprefix("//").rpartition(":")
    if scheme == "tcp" and host and port_colon and port.isdigit():
        return Endpoint(address=f"{host}:{port}")
    raise errors.InvalidArgument(
        f"read endpoint '{text}': not a socket; write unix:///run/containerd/containerd.sock"
    )


def find(runtime: str, image: str, around: Surroundings) -> Endpoints:
    """Choose the endpoints, the strongest source first.

    An image endpoint counts only when its source is at least as strong as the runtime's: one of a
    weaker source would belong to another engine.

    Raises:
        InvalidArgument: an endpoint or crictl's file can't be read.
        BackendUnavailable: nobody names one, and no known socket exists.
    """
    for source, runtime_text, image_text in _sources(runtime, image, around):
        image = image or image_text
        if runtime_text:
            chosen = parse(runtime_text)
            return Endpoints(chosen, parse(image) if image else chosen, source)
    found = _known(around.known_sockets)
    return Endpoints(found, parse(image) if image else found, "a known place")


def _sources(runtime: str, image: str, around: Surroundings) -> Iterator[tuple[str, str, str]]:
    yield "the options", runtime, image
    environ = around.environ
    yield RUNTIME_VARIABLE, environ.get(RUNTIME_VARIABLE, ""), environ.get(IMAGE_VARIABLE, "")
    if around.crictl_config.is_file():
        config = _read_crictl(around.crictl_config)
        runtime_text = config.get("runtime-endpoint") or ""
        yield str(around.crictl_config), runtime_text, config.get("image-endpoint") or ""


def _read_crictl(path: Path) -> dict[str, str]:
    import yaml

    try:
        config = yaml.load(path.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise errors.InvalidArgument(
            f"read '{path}': {error}; correct it, or give an endpoint"
        ) from error
    if not isinstance(config, dict):
        raise errors.InvalidArgument(f"read '{path}': no mapping of settings in it")
    return config


def _known(paths: Sequence[str]) -> Endpoint:
    present = [Endpoint(path=path) for path in paths if _is_socket(path)]
    answering = next((one for one in present if problem(one) is None), None)
    if answering is not None or present:
        return answering or present[0]
    raise errors.BackendUnavailable(
        "find a CRI socket: no endpoint is given, and none of the known sockets exists "
        f"({', '.join(paths)}); start containerd or CRI-O, or set {RUNTIME_VARIABLE}"
    )


def problem(endpoint: Endpoint) -> str | None:
    """Say in a few words why nothing answers at `endpoint`; None when somebody does."""
    if endpoint.path and not _is_socket(endpoint.path):
        return "there is no such socket"
    try:
        _connector(endpoint)().close()
    except OSError as error:
        return (error.strerror or str(error)).lower()
    return None


def _connector(endpoint: Endpoint) -> Callable[[], socket.socket]:
    if endpoint.path:
        return lambda: _connect_unix(endpoint.path)
    host, _, port = endpoint.address.rpartition(":")
    return lambda: socket.create_connection((host, int(port)), _CONNECT_TIMEOUT)


def _connect_unix(path: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(_CONNECT_TIMEOUT)
        connection.connect(path)
    except OSError:
        connection.close()
        raise
    return connection


def _is_socket(path: str) -> bool:
    try:
        return stat.S_ISSOCK(Path(path).stat().st_mode)
    except OSError:
        return False
