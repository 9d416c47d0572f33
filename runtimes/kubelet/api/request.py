"""One request: its head, and whether it may be answered at all."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

_METHODS = {"GET", "HEAD"}


class Refused(Exception):
    """A request that gets an error as its answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Request:
    """A request without a body.

    Attributes:
        path: decoded, in parts: ``/a/b%2Fc`` is ``("a", "b/c")``, as is ``/a/b%2Fc/``.
        query: the last value of each name.
    """

    method: str
    path: tuple[str, ...]
    query: Mapping[str, str]
    host: str


def read_request(head: bytes) -> Request:
    """Read the head of a request.

    Raises:
        Refused: it isn't HTTP, asks for something else than reading, or for another host.
    """
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise Refused(400, "not HTTP/1.1")
    headers = [line.partition(":") for line in lines if line]
    hosts = [value.strip() for name, _, value in headers if name.strip().lower() == "host"]
    if words[0] not in _METHODS:
        raise Refused(405, "only GET and HEAD: this API changes nothing")
    if len(hosts) != 1 or not is_own(hosts[0]):
        raise Refused(403, "name this host by its address or as localhost")
    try:
        url = urlsplit(words[1])
        query = dict(parse_qsl(url.query, keep_blank_values=True, max_num_fields=50))
    except ValueError as error:
        raise Refused(400, f"bad target: {error}") from error
    if not url.path.startswith("/"):
        raise Refused(400, "bad target: a path begins with /")
    path = tuple(unquote(part) for part in url.path.removesuffix("/").split("/")[1:]) or ("",)
    return Request(words[0], path, query, hosts[0])


def is_own(host: str) -> bool:
    """Whether a Host header names this host in a way that no name server can have made up."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name == "localhost" or _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def parse_address(text: str) -> tuple[str, int]:
    """Read ``127.0.0.1:10255``, ``[::1]:10255`` or ``localhost:10255``.

    Raises:
        InvalidArgument: it is something else, or isn't loopback.
    """
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    known = port.isascii() and port.isdigit() and len(port) <= 5
    if not host or not known or int(port) > 65535:
        raise errors.InvalidArgument(
            f"listen at '{text}': expected an address and a port, as 127.0.0.1:10255"
        )
    if host != "localhost" and not (_is_address(host) and ipaddress.ip_address(host).is_loopback):
        raise errors.InvalidArgument(
            f"listen at '{text}': only on loopback, for nobody is asked who they are; put a proxy"
            " before it that does"
        )
    return host, int(port)
