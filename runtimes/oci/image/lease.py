"""Leases keep layers that no image record names yet, for as long as the process lives.

A lease is a file with one chain id a line, locked by whoever needs them. The lock ends with the
process, so a killed pull leaves a lease that counts no more.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from runtimes.oci.image import lock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from runtimes.oci.image.layout import Layout


@contextmanager
def lease(layout: Layout, chain: Iterable[str]) -> Iterator[None]:
    """Keep these layers from being collected, those that don't exist yet included."""
    path = layout.leases / os.urandom(8).hex()
    with lock.shared(layout.layers_lock):
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(fd, fcntl.LOCK_EX)
        os.write(fd, "\n".join(chain).encode())
    try:
        yield
    finally:
        with suppress(FileNotFoundError):
            path.unlink()
        os.close(fd)


def leased(layout: Layout) -> set[str]:
    """Return all chain ids under lease and drop dead leases; the caller holds `layers_lock`."""
    kept: set[str] = set()
    for path in layout.leases.iterdir():
        if not lock.is_held(path):
            path.unlink(missing_ok=True)
            continue
        with suppress(FileNotFoundError):
            kept.update(path.read_text().split())
    return kept
