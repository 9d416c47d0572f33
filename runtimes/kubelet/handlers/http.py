"""One HTTP request as kubelet makes it: no proxy, no reuse, any certificate, 10 KiB of the answer.

Redirects are followed on the same host only; one to elsewhere is the answer.

Source: kubelet pkg/probe/http/http.go, pkg/probe/http/request.go.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from runtimes.core import errors
from runtimes.kubelet.handlers.ports import port_number
from runtimes.kubelet.handlers.tcp import refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.core.pod import v1

USER_AGENT = "kube-probe/0.1"
BODY_LIMIT = 10 * 1024
_REDIRECTS = 10
_LATE = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """A GET; `headers` in order, the same name may come again."""

    scheme: str
    host: str
    port: int
    path: str
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """`elsewhere` is where a redirect to another host points, else empty."""

    status: int
    body: str
    elsewhere: str = ""

    @property
    def good(self) -> bool:
        return 200 <= self.status < 400


def request_of(
    action: v1.HTTPGetAction, container: v1.Container | v1.EphemeralContainer, pod_ip: str
) -> HttpRequest:
    """Make the request that `action` means for a container of the pod at `pod_ip`.

    Raises:
        InvalidArgument: its port can't be found.
    """
    path = action.path or "/"
    return HttpRequest(
        scheme=(action.scheme or "HTTP").lower(),
        host=action.host or pod_ip,
        port=port_number(action.port, container),
        path=path if path.startswith("/") else f"/{path}",
        headers=tuple((one.name, one.value) for one in action.http_headers),
    )


def get(request: HttpRequest, timeout: float) -> HttpAnswer:
    """Ask within `timeout` seconds in all.

    Raises:
        Unavailable: no answer, or none that is HTTP.
    """
    end = time.monotonic() + timeout
    asked = request
    for _ in range(_REDIRECTS):
        answer, location = _get_once(asked, end)
        if not location:
            return answer
        target = urlsplit(urljoin(_url(asked), location))
        if target.hostname != _logical_host(request):
            return replace(answer, elsewhere=location)
        asked = _redirected(asked, target.scheme, target.port, target.path, target.query)
    raise errors.Unavailable(f'Get "{_url(request)}": stopped after {_REDIRECTS} redirects')


def _redirected(  # noqa: PLR0917 - the parts of a URL
    asked: HttpRequest, scheme: str, port: int | None, path: str, query: str
) -> HttpRequest:
    scheme = scheme or asked.scheme
    return replace(
        asked,
        scheme=scheme,
        port=port or _DEFAULT_PORTS.get(scheme, asked.port),
        path=(path or "/") + (f"?{query}" if query else ""),
    )


def _get_once(request: HttpRequest, end: float) -> tuple[HttpAnswer, str]:
    """Ask once; the second part is where a redirect points, else empty."""
    left = end - time.monotonic()
    if left <= 0:
        raise errors.Unavailable(f'Get "{_url(request)}": {_LATE}')
    connection = _connection(request, left)
    try:
        _connect(connection, request)
        with _hung_up_after(connection.sock, max(0.0, end - time.monotonic())):
            _send(connection, request)
            response = connection.getresponse()
            body = response.read(BODY_LIMIT).decode(errors="replace")
    except (OSError, http.client.HTTPException, ValueError) as error:
        late = time.monotonic() >= end
        why = _LATE if late else str(error) or type(error).__name__
        raise errors.Unavailable(f'Get "{_url(request)}": {why}') from error
    finally:
        connection.close()
    location = response.getheader("Location", "") if 300 <= response.status < 400 else ""
    return HttpAnswer(response.status, body), location


def _connection(request: HttpRequest, timeout: float) -> http.client.HTTPConnection:
    if request.scheme == "https":
        return http.client.HTTPSConnection(
            request.host, request.port, timeout=timeout, context=_any_certificate()
        )
    return http.client.HTTPConnection(request.host, request.port, timeout=timeout)


def _connect(connection: http.client.HTTPConnection, request: HttpRequest) -> None:
    try:
        connection.connect()
    except (TimeoutError, ssl.SSLError):
        raise
    except OSError as error:
        raise OSError(refusal(request.host, request.port, error)) from error


def _any_certificate() -> ssl.SSLContext:
    """A probe asks whether somebody answers, not who."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@contextmanager
def _hung_up_after(connected: socket.socket, seconds: float) -> Iterator[None]:
    """Bound the whole exchange: a server that drips bytes meets every single read's time-out."""

    def hang_up() -> None:
        with suppress(OSError):
            connected.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _send(connection: http.client.HTTPConnection, request: HttpRequest) -> None:
    given = {name.lower() for name, _ in request.headers}
    connection.putrequest("GET", request.path, skip_host="host" in given, skip_accept_encoding=True)
    for name, value in (("User-Agent", USER_AGENT), ("Accept", "*/*")):
        if name.lower() not in given:
            connection.putheader(name, value)
    for name, value in request.headers:
        if value or name.lower() not in {"user-agent", "accept"}:  # an empty one takes it away
            connection.putheader(name, value)
    connection.putheader("Connection", "close")
    connection.endheaders()


def _logical_host(request: HttpRequest) -> str | None:
    return urlsplit(_url(request)).hostname


def _url(request: HttpRequest) -> str:
    host = f"[{request.host}]" if ":" in request.host else request.host
    return f"{request.scheme}://{host}:{request.port}{request.path}"
