"""From what went wrong to what a client is told: a code by its name, and a text of ours.

Source: gRPC status codes; cri-api pkg/errors (the reason that comes first in a message).
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

logger = logging.getLogger(__name__)
REGISTRY_UNAVAILABLE = "RegistryUnavailable"
_LONGEST_TEXT_BYTES = 2000
"""A text travels percent-encoded, up to thrice as long, in headers of at most 8 KiB."""


@contextmanager
def only_ours(rpc: str) -> Iterator[None]:
    """Let errors of ours through; log any other with its traceback and raise `Internal` for it.

    Raises:
        Internal: with a text that tells nothing of our insides.
    """
    try:
        yield
    except errors.Error:
        raise
    except Exception as error:
        logger.exception("unexpected error rpc=%s", rpc, extra={"rpc": rpc})
        raise errors.Internal(
            f"{rpc}: the server met an unexpected error; its log has the details"
        ) from error


def code(error: errors.Error) -> str:
    """Name the gRPC code; what has none of its own is a mistake of ours."""
    return error.code if error.code in errors.BY_CODE else errors.Internal.code


def text(error: errors.Error) -> str:
    """Say what a client is told."""
    message = str(error) or type(error).__name__
    if isinstance(error, errors.RegistryUnavailable) and REGISTRY_UNAVAILABLE not in message:
        message = f"{REGISTRY_UNAVAILABLE}: {message}"
    cut = message.encode()[:_LONGEST_TEXT_BYTES].decode(errors="ignore")
    return message if cut == message else f"{cut}..."
