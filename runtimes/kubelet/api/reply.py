"""Answers, and the headers that every one has."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT = "text/plain; charset=utf-8"
JSON = "application/json"
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = (
    "Connection: close",
    "Cache-Control: no-store",
    "X-Content-Type-Options: nosniff",
    "X-Frame-Options: DENY",
    "Referrer-Policy: no-referrer",
    "Cross-Origin-Resource-Policy: same-origin",
    f"Content-Security-Policy: {_POLICY}",
)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer.

    Attributes:
        chunks: follow the body as they come, an empty one when there is nothing yet; made and used
            in threads of the API's own.
    """

    status: int = 200
    body: bytes = b""
    kind: str = TEXT
    chunks: Iterator[bytes] | None = None


def text(words: str, status: int = 200) -> Reply:
    return Reply(status, f"{words}\n".encode())


def json(value: object) -> Reply:
    return Reply(body=msgspec.json.encode(value) + b"\n", kind=JSON)


def head(reply: Reply) -> bytes:
    """Write the status line and the headers."""
    phrase = HTTPStatus(reply.status).phrase
    length = f"Content-Length: {len(reply.body)}"
    size = length if reply.chunks is None else "Transfer-Encoding: chunked"
    allow = ("Allow: GET, HEAD",) if reply.status == HTTPStatus.METHOD_NOT_ALLOWED else ()
    first = (f"HTTP/1.1 {reply.status} {phrase}", f"Content-Type: {reply.kind}", size)
    lines = (*first, *allow, *_HEADERS)
    return "\r\n".join((*lines, "", "")).encode("latin-1")
