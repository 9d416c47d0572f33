"""Short calls, over a pool of kept connections: docker-py's client used as what it is, a session.

Its own methods won't do: one timeout for all of them, errors guessed from text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from runtimes.core import errors
from runtimes.core.hops import Layer, hop
from runtimes.docker_legacy.call import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests

    from runtimes.docker_legacy.call import Call
    from runtimes.docker_legacy.endpoint import Endpoint


class Session(Protocol):
    """What is used of `docker.APIClient`."""

    base_url: str

    def request(  # noqa: PLR0913 - the signature is requests'
        self,
        method: str,
        url: str,
        *,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = True,
    ) -> requests.Response: ...

    def close(self) -> None: ...


def ask(
    session: Session, endpoint: Endpoint, call: Call, *, version: str, timeout: float | None
) -> Answer:
    """Send one request and read its answer, whatever the status.

    Raises:
        Unavailable: the Engine can't be reached, or went away.
        DeadlineExceeded: it didn't answer within `timeout` seconds.
    """
    import requests

    if timeout is not None and timeout <= 0:
        raise _late(call, endpoint, timeout)
    data = call.encoded()
    headers = {"Content-Type": "application/json", **call.headers} if data else dict(call.headers)
    try:
        with hop(Layer.HTTP, f"{call.method} {call.path}", endpoint):
            response = session.request(
                call.method,
                f"{session.base_url}/v{version}{call.target}",
                data=data,
                headers=headers,
                timeout=timeout,
                allow_redirects=False,
            )
    except requests.Timeout as error:
        raise _late(call, endpoint, timeout) from error
    except requests.RequestException as error:
        if _timed_out(error):
            raise _late(call, endpoint, timeout) from error
        raise _gone(call, endpoint, error) from error
    return Answer(response.status_code, response.content)


def _timed_out(error: BaseException) -> bool:
    """A timeout while the body is read comes as a ConnectionError around urllib3's own."""
    from urllib3.exceptions import ReadTimeoutError

    return any(isinstance(argument, ReadTimeoutError) for argument in error.args)


def _late(call: Call, endpoint: Endpoint, timeout: float | None) -> errors.DeadlineExceeded:
    return errors.DeadlineExceeded(
        f"{call.what}: the Engine at {endpoint} didn't answer within {timeout or 0:.1f} s"
    )


def _gone(call: Call, endpoint: Endpoint, error: BaseException) -> errors.Unavailable:
    return errors.Unavailable(
        f"{call.what}: no answer from the Engine at {endpoint}: {_root(error)}; is dockerd running?"
    )


def _root(error: BaseException) -> str:
    """The innermost reason, which is the kernel's."""
    causes = [error]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) is not None:
        causes.append(cause)
    found = next((cause for cause in reversed(causes) if isinstance(cause, OSError)), causes[-1])
    return str(getattr(found, "strerror", None) or found)
