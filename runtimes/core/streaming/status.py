"""What goes over the error and resize channels: how it ended, and how large the terminal is.

Source: apimachinery pkg/apis/meta/v1 (Status); client-go tools/remotecommand (v4.go, resize.go).
"""

from __future__ import annotations

import json

from runtimes.core import errors
from runtimes.core.streaming.session import Size

_NON_ZERO = "NonZeroExitCode"
_EXIT_CODE = "ExitCode"
_LARGEST_SIDE = 0xFFFF


def of_exit(code: int) -> bytes:
    """The Status of a process that ended."""
    if code == 0:
        return _encode({"status": "Success"})
    return _encode(
        {
            "status": "Failure",
            "message": f"command terminated with non-zero exit code: {code}",
            "reason": _NON_ZERO,
            "details": {"causes": [{"reason": _EXIT_CODE, "message": str(code)}]},
        }
    )


def of_failure(message: str) -> bytes:
    """The Status of what couldn't be done."""
    return _encode(
        {"status": "Failure", "message": message, "reason": "InternalError", "code": 500}
    )


def exit_code(status: bytes) -> int:
    """Read a process's end.

    Raises:
        Internal: the server says what went wrong instead.
        DataLoss: it isn't a Status.
    """
    try:
        told = json.loads(status)
        if told["status"] == "Success":
            return 0
        if told.get("reason") == _NON_ZERO:
            causes = told["details"]["causes"]
            return next(int(one["message"]) for one in causes if one["reason"] == _EXIT_CODE)
        message = str(told.get("message", ""))
    except (ValueError, LookupError, TypeError, AttributeError, StopIteration, RecursionError) as e:
        raise errors.DataLoss("the server's status can't be read") from e
    raise errors.Internal(message or "the server reports a failure without a reason")


def of_size(width: int, height: int) -> bytes:
    return json.dumps({"Width": width, "Height": height}).encode()


def size(message: bytes) -> Size:
    """Read a terminal's size.

    Raises:
        DataLoss: it isn't one.
    """
    try:
        told = {str(key).lower(): value for key, value in json.loads(message).items()}
        width, height = int(told["width"]), int(told["height"])
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, OverflowError) as e:
        raise errors.DataLoss("a terminal's size can't be read") from e
    if not (0 <= width <= _LARGEST_SIDE and 0 <= height <= _LARGEST_SIDE):
        raise errors.DataLoss(f"a terminal can't be {width} by {height} characters large")
    return Size(width, height)


def _encode(told: dict[str, object]) -> bytes:
    return json.dumps({"metadata": {}, **told}).encode()
