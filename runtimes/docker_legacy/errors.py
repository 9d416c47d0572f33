"""From HTTP status to our errors; never from the text of an answer.

Where a status has several meanings, the caller looks at the object's state instead.

Source: Docker Engine API, "Errors"; moby api/server/httpstatus.
"""

from __future__ import annotations

import json
from http import HTTPStatus

from runtimes.core import errors

_BY_STATUS: dict[int, type[errors.Error]] = {
    HTTPStatus.BAD_REQUEST: errors.InvalidArgument,
    HTTPStatus.UNAUTHORIZED: errors.Unauthenticated,
    HTTPStatus.FORBIDDEN: errors.PermissionDenied,
    HTTPStatus.NOT_FOUND: errors.NotFound,
    HTTPStatus.METHOD_NOT_ALLOWED: errors.Unimplemented,
    HTTPStatus.REQUEST_TIMEOUT: errors.DeadlineExceeded,
    HTTPStatus.CONFLICT: errors.FailedPrecondition,
    HTTPStatus.GONE: errors.NotFound,
    HTTPStatus.PRECONDITION_FAILED: errors.FailedPrecondition,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: errors.ResourceExhausted,
    HTTPStatus.UNPROCESSABLE_ENTITY: errors.InvalidArgument,
    HTTPStatus.LOCKED: errors.FailedPrecondition,
    HTTPStatus.TOO_MANY_REQUESTS: errors.ResourceExhausted,
    HTTPStatus.NOT_IMPLEMENTED: errors.Unimplemented,
    HTTPStatus.BAD_GATEWAY: errors.Unavailable,
    HTTPStatus.SERVICE_UNAVAILABLE: errors.Unavailable,
    HTTPStatus.GATEWAY_TIMEOUT: errors.Unavailable,
    HTTPStatus.INSUFFICIENT_STORAGE: errors.ResourceExhausted,
}


def of_status(status: int) -> type[errors.Error]:
    """The class that a status means by itself."""
    known = _BY_STATUS.get(status)
    if known is not None:
        return known
    is_ours = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    return errors.InvalidArgument if is_ours else errors.Internal


def message_of(body: bytes) -> str:
    """What the Engine says, to show to a person."""
    text = body.decode(errors="replace").strip()
    try:
        decoded = json.loads(text)
    except ValueError:
        return text or "without a message"
    said = decoded.get("message") if isinstance(decoded, dict) else None
    return said if isinstance(said, str) and said else text
