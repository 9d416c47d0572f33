"""HTTP for registries: one request, its redirects, and no secrets to strangers.

Security: certificates are always checked; plain HTTP is spoken with loopback and listed hosts only;
Authorization goes to the origin it was made for, and to no host that this one redirects to; neither
netrc nor cookies are used; what is read whole is bounded.
"""

from __future__ import annotations

import http.cookiejar
import ssl
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import requests
import requests.adapters

from runtimes.core import deadline, errors
from runtimes.core.retry import Policy, retry
from runtimes.oci.registry import failure
from runtimes.oci.registry.host import is_loopback, may_be_plain, origin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runtimes.oci.registry.options import RegistryOptions

_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 5
_AGENT = "runtimes"


@dataclass(frozen=True, slots=True)
class Call:
    """A request to send.

    Attributes:
        what: what is tried, for messages.
        headers: with Authorization where wanted.
        form: makes it a POST.
        accept: statuses that are an answer.
        attempts: 0 for as many as the options say.
    """

    what: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = None
    accept: tuple[int, ...] = (200,)
    attempts: int = 0


class Transport:
    """Sends calls. Thread-safe; close it when done."""

    def __init__(self, options: RegistryOptions) -> None:
        self._options = options
        self._sessions: dict[bool, requests.Session] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close all connections."""
        for session in self._sessions.values():
            session.close()

    def send(self, call: Call) -> requests.Response:
        """Send a call and try again what may pass. 401 is the caller's to handle.

        The answer's body is unread; close it.

        Raises:
            Error: what any other status means, or the network's failure.
        """

        def attempt() -> requests.Response | errors.Error:
            try:
                answer = self._redirected(call)
            except (requests.RequestException, OSError) as error:
                hopeless = failure.of_trust(error, call.what)
                if hopeless is not None:
                    return hopeless
                raise failure.of_network(error, call.what, call.url) from error
            if answer.status_code == 401 or answer.status_code in call.accept:
                return answer
            with answer:
                raise failure.of_answer(answer, call.what)

        outcome = retry(
            attempt, Policy(attempts=call.attempts or self._options.attempts, first=0.2)
        )
        if isinstance(outcome, errors.Error):
            raise outcome
        return outcome

    def body(self, answer: requests.Response, most: int, what: str) -> bytes:
        """Read a body whole, at most `most` bytes of it.

        Raises:
            InvalidArgument: it is longer.
            RegistryUnavailable: the connection broke.
        """
        chunks, size = [], 0
        with answer:
            try:
                for chunk in answer.iter_content(64 << 10):
                    chunks.append(chunk)
                    size += len(chunk)
                    if size > most:
                        raise errors.InvalidArgument(f"{what}: it has more than {most} bytes")
            except (requests.RequestException, OSError) as error:
                raise failure.of_network(error, what, answer.url) from error
        return b"".join(chunks)

    def _redirected(self, call: Call) -> requests.Response:
        url, headers = call.url, dict(call.headers)
        for _ in range(_MOST_REDIRECTS + 1):
            self._check_scheme(url, call.what)
            answer = self._send(url, headers, call.form)
            if answer.status_code not in _REDIRECTS or call.form is not None:
                return answer
            target = urljoin(url, answer.headers.get("Location", ""))
            answer.close()
            if origin(target) != origin(url):
                headers.pop("Authorization", None)
            url = target
        raise errors.Internal(f"{call.what}: redirected more than {_MOST_REDIRECTS} times")

    def _send(
        self, url: str, headers: Mapping[str, str], form: Mapping[str, str] | None
    ) -> requests.Response:
        deadline.check(f"ask {urlsplit(url).netloc}")
        limits = (self._options.connect_timeout, self._options.read_timeout)
        connect, read = (max(0.01, deadline.remaining(limit) or 0.0) for limit in limits)
        return self._session(url).request(
            "GET" if form is None else "POST",
            url,
            headers={"User-Agent": _AGENT, "Accept-Encoding": "identity", **headers},
            data=form,
            timeout=(connect, read),
            allow_redirects=False,
            stream=True,
            verify=str(self._options.ca_file) if self._options.ca_file else None,
            auth=_as_given,
        )

    def _check_scheme(self, url: str, what: str) -> None:
        parts = urlsplit(url)
        if parts.scheme == "https":
            return
        if parts.scheme != "http" or not may_be_plain(parts.netloc, self._options.insecure):
            raise errors.PermissionDenied(
                f"{what}: {parts.scheme}://{parts.netloc} isn't encrypted; if that is all right, "
                "list this registry as insecure"
            )

    def _session(self, url: str) -> requests.Session:
        """Return the session for this host; the environment's proxies aren't for loopback."""
        local = is_loopback(urlsplit(url).netloc)
        with self._lock:
            if local not in self._sessions:
                self._sessions[local] = _session(use_proxies=not local)
            return self._sessions[local]


def _session(*, use_proxies: bool) -> requests.Session:
    session = requests.Session()
    session.trust_env = use_proxies
    session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
    session.mount("https://", _SystemTrust())
    return session


def _as_given(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Leave Authorization alone; without this, requests would look into ~/.netrc."""
    return request


class _SystemTrust(requests.adapters.HTTPAdapter):
    """Trusts what the system trusts, beside what `verify` names."""

    def init_poolmanager(self, *args: object, **kwargs: object) -> None:
        kwargs["ssl_context"] = ssl.create_default_context()
        super().init_poolmanager(*args, **kwargs)  # type: ignore[arg-type]  # as given
