"""A registry in this process: tokens, passwords, redirects, and every way to fail."""

from __future__ import annotations

import base64
import json
import secrets
import socket
import ssl
import threading
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from runtimes.oci.tests.image.tarballs import OCI, Image, sha256

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def authorization(self) -> str:
        return self.headers.get("authorization", "")


@dataclass
class FakeRegistry:
    """Attributes:
    auth: "", "basic" or "token".
    user: name and password that are taken.
    refresh_token: taken in exchange for an access token.
    redirect_blobs: base URL where blobs really are.
    statuses: to answer next with, per path prefix, before anything else.
    break_after: bytes after which the next answers with a blob break off.
    ignores_range: answers everything from the start.
    pace: seconds between 64 KiB of a blob.
    """

    auth: str = ""
    user: tuple[str, str] = ("", "")
    refresh_token: str = ""
    realm: str = ""
    redirect_blobs: str = ""
    ignores_range: bool = False
    pace: float = 0.0
    blobs: dict[str, bytes] = field(default_factory=dict)
    manifests: dict[tuple[str, str], tuple[bytes, str]] = field(default_factory=dict)
    statuses: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    break_after: list[int] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    extra_headers: dict[str, str] = field(default_factory=dict)
    on_blob: Callable[[str], None] | None = None
    url: str = ""
    _server: ThreadingHTTPServer | None = None
    _issued: set[str] = field(default_factory=set)

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    def start(self, certificate: Path | None = None) -> None:
        registry = self

        class Handler(_Handler):
            fake = registry

        server = _QuietServer(("127.0.0.1", 0), Handler)
        scheme = "http"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
            scheme = "https"
        self.url = f"{scheme}://127.0.0.1:{server.server_address[1]}"
        self._server = server
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    def push(self, repository: str, tag: str, image: Image, media_type: str = OCI[0]) -> str:
        """Offer an image; return its reference."""
        self.blobs |= image.blobs
        self.offer(repository, tag, image.manifest, media_type)
        return f"{self.host}/{repository}:{tag}"

    def offer(self, repository: str, tag: str, manifest: bytes, media_type: str = OCI[0]) -> None:
        for name in (tag, sha256(manifest)):
            self.manifests[repository, name] = (manifest, media_type)

    def paths(self, part: str = "") -> list[str]:
        """Paths of the requests so far that contain `part`."""
        return [request.path for request in self.requests if part in request.path]

    def token_for(self, authorization: str, form: dict[str, list[str]]) -> str | None:
        if form:
            good = form.get("refresh_token") == [self.refresh_token] != [""]
        else:
            good = not self.user[0] or authorization == self.basic()
        if not good:
            return None
        token = f"token-{secrets.token_hex(8)}"
        self._issued.add(f"Bearer {token}")
        return token

    def revoke_tokens(self) -> None:
        self._issued.clear()

    def basic(self) -> str:
        return "Basic " + base64.b64encode(":".join(self.user).encode()).decode()

    def admits(self, authorization: str) -> bool:
        if self.auth == "basic":
            return authorization == self.basic()
        return not self.auth or authorization in self._issued

    def challenge(self) -> str:
        if self.auth == "basic":
            return 'Basic realm="fake"'
        realm = self.realm or f"{self.url}/token"
        return f'Bearer realm="{realm}",service="fake",scope="repository:app:pull"'


class _QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients break connections off on purpose here."""


class _Handler(BaseHTTPRequestHandler):
    fake: FakeRegistry
    protocol_version = "HTTP/1.1"
    timeout = 20

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self._handle(b"")

    def do_POST(self) -> None:
        self._handle(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

    def _handle(self, body: bytes) -> None:
        fake, path = self.fake, urlsplit(self.path).path
        headers = {name.lower(): value for name, value in self.headers.items()}
        fake.requests.append(Request(self.command, self.path, headers, body))
        for prefix, statuses in fake.statuses.items():
            if path.startswith(prefix) and statuses:
                self._answer(statuses.pop(0), b'{"errors":[{"code":"X","message":"on purpose"}]}')
                return
        if path == "/token":
            self._token(body)
        elif not fake.admits(headers.get("authorization", "")):
            refusal = b'{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}'
            self._answer(401, refusal, {"WWW-Authenticate": fake.challenge()})
        elif path == "/v2/":
            self._answer(200, b"{}")
        elif "/manifests/" in path:
            self._manifest(path)
        elif "/blobs/" in path:
            self._blob(path)
        else:
            self._answer(404, b"{}")

    def _token(self, body: bytes) -> None:
        form = parse_qs(body.decode()) if body else {}
        token = self.fake.token_for(self.headers.get("Authorization", ""), form)
        if token is None:
            self._answer(401, b'{"errors":[{"code":"DENIED","message":"wrong password"}]}')
        else:
            key = "access_token" if form else "token"
            self._answer(200, json.dumps({key: token, "expires_in": 300}).encode())

    def _manifest(self, path: str) -> None:
        repository, _, name = path.removeprefix("/v2/").partition("/manifests/")
        found = self.fake.manifests.get((repository, name))
        if found is None:
            message = b'{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}'
            self._answer(404, message)
            return
        self._answer(200, found[0], {"Content-Type": found[1], **self.fake.extra_headers})

    def _blob(self, path: str) -> None:
        digest = path.rpartition("/")[2]
        if self.fake.redirect_blobs:
            target = f"{self.fake.redirect_blobs}{path}"
            self._answer(307, b"", {"Location": target})
            return
        if self.fake.on_blob is not None:
            self.fake.on_blob(digest)
        data = self.fake.blobs.get(digest)
        if data is None:
            self._answer(404, b'{"errors":[{"code":"BLOB_UNKNOWN","message":"blob unknown"}]}')
            return
        start = self._range()
        status, headers = 200, {}
        if start and not self.fake.ignores_range:
            status = 206
            headers = {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"}
            data = data[start:]
        self._send_head(status, {"Content-Length": str(len(data)), **headers})
        if self.fake.break_after:
            self.wfile.write(data[: self.fake.break_after.pop(0)])
            self.wfile.flush()
            with suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return
        step = 64 << 10 if self.fake.pace else max(1, len(data))
        for at in range(0, len(data), step):
            self.wfile.write(data[at : at + step])
            threading.Event().wait(self.fake.pace)

    def _range(self) -> int:
        value = self.headers.get("Range", "bytes=0-")
        return int(value.removeprefix("bytes=").partition("-")[0])

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self._send_head(status, {"Content-Length": str(len(body)), **(headers or {})})
        self.wfile.write(body)

    def _send_head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
