"""What a registry's refusals and a network's failures mean.

Source: distribution spec, Error Codes.
"""

from __future__ import annotations

import json
import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from runtimes.core import errors

if TYPE_CHECKING:
    import requests

_MOST_BYTES = 64 << 10

_MEANINGS: dict[int, tuple[type[errors.Error], str]] = {
    400: (errors.InvalidArgument, "check the image's name"),
    401: (errors.Unauthenticated, "log in, or check the name: some say so of absent images too"),
    403: (errors.PermissionDenied, "these credentials may not pull it"),
    404: (errors.ImageNotFound, "check its name and tag"),
    408: (errors.RegistryUnavailable, "try again later"),
    429: (errors.RegistryUnavailable, "wait, or log in for a higher limit"),
}


def of_answer(answer: requests.Response, what: str) -> errors.Error:
    """Turn an answer that is no success into an error of ours; `what` says what was tried."""
    status = answer.status_code
    kind, hint = _MEANINGS.get(status, (errors.Internal, "is it a registry?"))
    if status >= 500:
        kind, hint = errors.RegistryUnavailable, "try again later"
    reason = _reason(answer)
    return kind(f"{what}: the registry answers {status}{f', {reason}' if reason else ''}; {hint}")


def of_network(error: Exception, what: str, url: str) -> errors.RegistryUnavailable:
    """Turn what went wrong on the way to `url` into an error of ours."""
    return errors.RegistryUnavailable(
        f"{what}: {urlsplit(url).netloc}: {_text(_root_cause(error))}; try again later"
    )


def of_trust(error: Exception, what: str) -> errors.RegistryUnavailable | None:
    """Say that the other side's certificate isn't trusted, if that is what went wrong."""
    cause = _root_cause(error)
    if not isinstance(cause, ssl.SSLCertVerificationError):
        return None
    return errors.RegistryUnavailable(
        f"{what}: {cause.verify_message.rstrip('.')}; if its certificate is your own, name the "
        "CA's file in the option registry_ca_file"
    )


def _root_cause(error: BaseException) -> BaseException:
    """Find what says something, under the layers of libraries."""
    for _ in range(10):
        inner = getattr(error, "reason", None) or error.__cause__ or error.__context__
        if isinstance(inner, BaseException):
            error = inner
            continue
        wrapped = [part for part in error.args if isinstance(part, BaseException)]
        if not wrapped:
            break
        error = wrapped[0]
    return error


def _text(error: BaseException) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text)[:300]


def _reason(answer: requests.Response) -> str:
    """Return the first error of the body, which anyone may have written: short, one line."""
    try:
        body = answer.raw.read(_MOST_BYTES, decode_content=True)
        first = json.loads(body)["errors"][0]
        text = f"{first.get('code', '')}: {first.get('message', '')}"
    except Exception:  # noqa: BLE001 -- whatever the body is, the status says enough
        return ""
    return "".join(c if c.isprintable() else " " for c in text).strip(": ")[:300]
