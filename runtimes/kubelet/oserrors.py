"""Turn what the operating system refuses into the project's errors, at one place."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

_BY_NUMBER: dict[int | None, type[errors.Error]] = {
    errno.EACCES: errors.PermissionDenied,
    errno.EPERM: errors.PermissionDenied,
    errno.EROFS: errors.PermissionDenied,
    errno.ENOSPC: errors.ResourceExhausted,
    errno.EDQUOT: errors.ResourceExhausted,
    errno.EMFILE: errors.ResourceExhausted,
}


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Say `what` was tried when the code inside fails with an OSError.

    Raises:
        PermissionDenied, ResourceExhausted, Internal: by the error's number.
    """
    try:
        yield
    except OSError as error:
        kind = _BY_NUMBER.get(error.errno, errors.Internal)
        where = f"{error.filename}: " if error.filename else ""
        raise kind(f"{what}: {where}{error.strerror or error}") from error
