"""Connect to a streaming server's URL and change its HTTP to the protocol that was asked for.

A URL holds a one-time token, so messages name its scheme, host and port only.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from runtimes.core import deadline, errors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from urllib.parse import SplitResult

    from runtimes.cri_remote.streaming_options import StreamingOptions

SPDY = "SPDY/3.1"
_MAX_HEAD = 64 * 1024
_MAX_BODY = 4096
_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_REFUSALS: dict[int, type[errors.Error]] = {
    400: errors.InvalidArgument,
    401: errors.PermissionDenied,
    403: errors.PermissionDenied,
    404: errors.PermissionDenied,
    429: errors.ResourceExhausted,
    503: errors.Unavailable,
}
_ONCE = "the token of the URL was refused: it works once, and for a short time"
_ELSEWHERE = (
    "it is the address that the runtime named: a streaming server on another host's loopback, or "
    "in a network namespace (option streaming_netns), can't be reached from here"
)


@dataclass(frozen=True, slots=True)
class Upgraded:
    """A connection that speaks something else than HTTP now.

    Attributes:
        protocol: the version of the streams that the server chose, e.g. ``v4.channel.k8s.io``.
        rest: what came behind the head.
    """

    connection: socket.socket
    protocol: str
    rest: bytes


def upgrade_spdy(url: str, versions: Sequence[str], options: StreamingOptions) -> Upgraded:
    """Ask for SPDY; `versions` are of the streams, best first.

    Raises:
        Unavailable: nothing answers, or not with HTTP.
        PermissionDenied: the token was refused.
        InvalidArgument, ResourceExhausted, Internal: the server's refusal, with its words.
    """
    headers = [("Connection", "Upgrade"), ("Upgrade", SPDY)]
    headers += [("X-Stream-Protocol-Version", version) for version in versions]
    connection, answer = _ask("POST", url, headers, options)
    return _accepted(url, connection, answer, "x-stream-protocol-version")


def upgrade_websocket(url: str, versions: Sequence[str], options: StreamingOptions) -> Upgraded:
    """Ask for WebSocket; as `upgrade_spdy`."""
    key = base64.b64encode(secrets.token_bytes(16)).decode()
    headers = [
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", key),
        ("Sec-WebSocket-Protocol", ", ".join(versions)),
    ]
    connection, answer = _ask("GET", url, headers, options)
    upgraded = _accepted(url, connection, answer, "sec-websocket-protocol")
    proof = base64.b64encode(hashlib.sha1((key + _GUID).encode()).digest()).decode()  # noqa: S324 - RFC 6455
    if answer.headers.get("sec-websocket-accept") != proof:
        connection.close()
        raise errors.Unavailable(f"open a stream at {base_of(url)}: the answer isn't WebSocket's")
    return upgraded


def base_of(url: str) -> str:
    """Scheme, host and port."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    rest: bytes


def _ask(
    method: str, url: str, headers: Sequence[tuple[str, str]], options: StreamingOptions
) -> tuple[socket.socket, _Answer]:
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    lines = [f"{method} {target or '/'} HTTP/1.1", f"Host: {parts.netloc}"]
    lines += [f"{name}: {value}" for name, value in headers]
    lines += ["Content-Length: 0"] if method == "POST" else []
    try:
        connection = _connect(parts, options)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise errors.Unavailable(
            f"connect to the streaming server at {base_of(url)}: {why}; {_ELSEWHERE}"
        ) from error
    try:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        return connection, _read_answer(connection)
    except (OSError, ValueError) as error:
        connection.close()
        raise errors.Unavailable(f"open a stream at {base_of(url)}: {error}") from error


def _connect(parts: SplitResult, options: StreamingOptions) -> socket.socket:
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    timeout = deadline.remaining(options.timeout)

    def dial() -> socket.socket:
        return socket.create_connection((host, port), timeout)

    if options.netns is None:
        connection = dial()
    else:
        from runtimes.core import netns

        connection = netns.enter(options.netns, dial)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if parts.scheme != "https":
        return connection
    context = ssl.create_default_context(cafile=str(options.ca) if options.ca else None)
    try:
        return context.wrap_socket(connection, server_hostname=host)
    except BaseException:
        connection.close()
        raise


def _read_answer(connection: socket.socket) -> _Answer:
    head = bytearray()
    while b"\r\n\r\n" not in head:
        chunk = connection.recv(4096)
        if not chunk or len(head) > _MAX_HEAD:
            raise ValueError("the server ended the connection before it answered")
        head += chunk
    text, _, rest = bytes(head).partition(b"\r\n\r\n")
    first, *lines = text.decode("latin-1").split("\r\n")
    words = first.split(" ", 2)
    if len(words) < 2 or not words[0].startswith("HTTP/1.") or not words[1].isdigit():
        raise ValueError(f"no HTTP answer but {first[:80]!r}")
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    return _Answer(int(words[1]), headers, rest)


def _accepted(url: str, connection: socket.socket, answer: _Answer, header: str) -> Upgraded:
    if answer.status == 101:
        connection.settimeout(None)
        return Upgraded(connection, answer.headers.get(header, ""), answer.rest)
    with connection:
        words = _body(connection, answer)
    kind = _REFUSALS.get(answer.status, errors.Internal)
    advice = f"; {_ONCE}" if kind is errors.PermissionDenied else ""
    raise kind(f"open a stream at {base_of(url)}: HTTP {answer.status}: {words}{advice}")


def _body(connection: socket.socket, answer: _Answer) -> str:
    length = answer.headers.get("content-length", "")
    wanted = min(int(length), _MAX_BODY) if length.isdigit() else _MAX_BODY
    body = bytearray(answer.rest)
    try:
        while len(body) < wanted and (chunk := connection.recv(_MAX_BODY)):
            body += chunk
    except OSError:
        pass  # what came so far says enough
    return body[:_MAX_BODY].decode(errors="replace").strip() or "without a word"
