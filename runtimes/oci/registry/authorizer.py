"""Authorization for one image: asked for by the registry, fetched, kept while it is valid.

Security: a password goes to the registry itself or to the token service that the registry names,
over TLS alone (loopback and insecure registries apart).

Source: distribution spec, token and OAuth2 authentication.
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from runtimes.core import errors
from runtimes.oci.registry import challenge, failure
from runtimes.oci.registry.credentials import basic
from runtimes.oci.registry.transport import Call

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from runtimes.oci.registry.credentials import Credentials
    from runtimes.oci.registry.transport import Transport

_MOST_BYTES = 1 << 20
_SHORTEST_LIFE = 60.0
_MARGIN = 10.0
_CLIENT = "runtimes"


class Authorizer:
    """Sends calls to one repository, with whatever Authorization it takes. Thread-safe."""

    def __init__(
        self,
        transport: Transport,
        credentials: Credentials,
        scope: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport = transport
        self._credentials = credentials
        self._scope = scope
        self._clock = clock
        self._lock = threading.Lock()
        self._header = ""
        self._expiry = 0.0
        if credentials.registry_token:
            self._header = f"Bearer {credentials.registry_token}"
            self._expiry = float("inf")

    def send(self, call: Call) -> requests.Response:
        """Send a call; if the registry asks for authorization, get it and send the call again.

        Raises:
            Unauthenticated: the registry doesn't take these credentials, or wants some.
            Error: as `Transport.send`.
        """
        used = self._current()
        answer = self._transport.send(_authorized(call, used))
        if answer.status_code != 401:
            return answer
        with answer:
            asked = answer.headers.get("WWW-Authenticate", "")
            refused = failure.of_answer(answer, call.what)
        header = self._renew(asked, used, call.what)
        if not header or header == used:
            raise refused
        answer = self._transport.send(_authorized(call, header))
        if answer.status_code == 401:
            with answer:
                raise failure.of_answer(answer, call.what)
        return answer

    def _current(self) -> str:
        with self._lock:
            return self._header if self._clock() < self._expiry else ""

    def _renew(self, asked: str, used: str, what: str) -> str:
        with self._lock:
            if self._header != used and self._clock() < self._expiry:
                return self._header  # another thread was quicker
            bearer = challenge.find(asked, "bearer")
            if bearer is not None and not self._credentials.registry_token:
                token, life = self._fetch(bearer.parameters, what)
                self._header, self._expiry = f"Bearer {token}", self._clock() + life - _MARGIN
            elif challenge.find(asked, "basic") is not None and self._credentials.username:
                self._header, self._expiry = basic(self._credentials), float("inf")
            return self._header

    def _fetch(self, parameters: dict[str, str], what: str) -> tuple[str, float]:
        realm = parameters.get("realm", "")
        if urlsplit(realm).scheme not in ("http", "https"):
            raise errors.Internal(
                f"{what}: the registry names no token service, but '{realm:.100}'"
            )
        call = self._token_call(realm, parameters, f"{what}: get a token from {realm:.200}")
        answer = self._transport.send(call)
        if answer.status_code == 401:
            with answer:
                raise failure.of_answer(answer, call.what)
        return _token(self._transport.body(answer, _MOST_BYTES, call.what), call.what)

    def _token_call(self, realm: str, parameters: dict[str, str], what: str) -> Call:
        query = {"scope": parameters.get("scope") or self._scope}
        if parameters.get("service"):
            query["service"] = parameters["service"]
        secret = self._credentials
        if secret.identity_token:
            form = {
                "grant_type": "refresh_token",
                "refresh_token": secret.identity_token,
                "client_id": _CLIENT,
                **query,
            }
            return Call(what, realm, form=form)
        url = f"{realm}{'&' if '?' in realm else '?'}{urlencode(query)}"
        return Call(what, url, {"Authorization": basic(secret)} if secret.username else {})


def _authorized(call: Call, header: str) -> Call:
    if not header:
        return call
    return replace(call, headers={**call.headers, "Authorization": header})


def _token(body: bytes, what: str) -> tuple[str, float]:
    """Read a token service's answer: the token, and the seconds that it lives."""
    try:
        raw = json.loads(body)
        token = raw.get("token") or raw.get("access_token")
        life = float(raw.get("expires_in") or _SHORTEST_LIFE)
    except (ValueError, AttributeError, TypeError) as error:
        raise errors.Internal(f"{what}: its answer is no JSON object: {error}") from error
    if not isinstance(token, str) or not token.isascii() or not token.isprintable():
        raise errors.Internal(f"{what}: its answer has no token")
    return token, max(life, _SHORTEST_LIFE)
