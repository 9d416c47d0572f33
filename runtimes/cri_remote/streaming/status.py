"""How a command ended, by what the error stream said of it."""

from __future__ import annotations

from runtimes.core import errors
from runtimes.core.streaming import status


def exit_code(text: bytes, what: str) -> int:
    """Read the error stream of a command that has ended.

    Raises:
        Unavailable: it is empty: the connection broke before.
        Internal: the runtime couldn't run it; the message has its own words.
    """
    if not text:
        raise errors.Unavailable(f"{what}: the runtime's streaming server broke the connection off")
    try:
        return status.exit_code(text)
    except errors.DataLoss:
        words = text.decode(errors="replace").strip()
        raise errors.Internal(f"{what}: {words}") from None
    except errors.Internal as error:
        raise errors.Internal(f"{what}: {error}") from error
