"""The edge to the kernel: errno in, our errors out."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

_ABSENT = (errno.EPROTONOSUPPORT, errno.EAFNOSUPPORT, errno.EOPNOTSUPP)


@contextmanager
def asking(what: str) -> Iterator[None]:
    """Name what was tried when the kernel refuses.

    Raises:
        PermissionDenied: the process may not do it.
        AlreadyExists: a name is taken.
        ResourceExhausted: the disk is full.
        FailedPrecondition: this kernel can't do it.
        Internal: the kernel refused a request that should be right.
    """
    try:
        yield
    except PermissionError as error:
        raise errors.PermissionDenied(f"{what}: {error}; run as root") from error
    except FileExistsError as error:
        raise errors.AlreadyExists(f"{what}: {error}; something else made it") from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise errors.ResourceExhausted(f"{what}: {error}; free some disk space") from error
        if error.errno in _ABSENT:
            raise errors.FailedPrecondition(
                f"{what}: {error}; this kernel lacks a module that pod networks need "
                "(bridge, veth, nf_tables, nf_nat)"
            ) from error
        raise errors.Internal(f"{what}: {error}") from error
