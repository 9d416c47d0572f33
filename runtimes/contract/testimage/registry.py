"""A registry of a run's own, for runtimes that can't import an image and whose author has none.

It keeps in memory what the suite pushes, on loopback, where engines don't ask for TLS.

Source: OCI distribution spec: pulling; pushing a blob in one piece; pushing manifests.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import parse_qs, urlsplit

from runtimes.contract.testimage.layout import digest

if TYPE_CHECKING:
    from collections.abc import Iterator

_BYTES = "application/octet-stream"


@contextmanager
def own_registry() -> Iterator[str]:
    """Yield host and port of a registry that is gone at the end."""
    handler = type("Registry", (_Handler,), {"content": {}})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, name="registry", daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    """Paths are keys: of blobs by their digest, of manifests by their tag, and digest, too."""

    content: ClassVar[dict[str, tuple[str, bytes]]]

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        kind, data = self.content.get(path, ("", b""))
        if kind:
            self._answer(HTTPStatus.OK, data, {"Content-Type": kind, **_named(data)})
        elif path.rstrip("/") == "/v2":
            self._answer(HTTPStatus.OK)
        else:
            unknown = b'{"errors": [{"code": "MANIFEST_UNKNOWN", "message": "not pushed"}]}'
            self._answer(HTTPStatus.NOT_FOUND, unknown, {"Content-Type": "application/json"})

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        """Begin an upload; where its only piece goes is said by the piece's own query."""
        self._answer(HTTPStatus.ACCEPTED, headers={"Location": f"{self.path}one"})

    def do_PUT(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        split = urlsplit(self.path)
        folder = split.path.partition("/blobs/uploads/")[0]
        if asked := parse_qs(split.query).get("digest"):
            self.content[f"{folder}/blobs/{asked[0]}"] = (_BYTES, data)
        else:
            kind = self.headers.get("Content-Type", _BYTES)
            by_digest = f"{split.path.rpartition('/')[0]}/{digest(data)}"
            self.content[split.path] = self.content[by_digest] = (kind, data)
        self._answer(HTTPStatus.CREATED, headers=_named(data))

    def _answer(
        self, status: HTTPStatus, data: bytes = b"", headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def _named(data: bytes) -> dict[str, str]:
    return {"Docker-Content-Digest": digest(data)}
