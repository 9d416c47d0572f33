"""A layer from a registry, whose bytes are kept until it is unpacked.

They are unpacked while they arrive. Should this process be killed meanwhile, the next pull reads
what is kept and asks the registry for the rest.
"""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runtimes.oci.image import lock

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from runtimes.oci.image.layout import Layout
    from runtimes.oci.registry.client import RegistryClient
    from runtimes.oci.registry.manifest import Descriptor

_PIECE = 1 << 20


@dataclass(slots=True)
class RemoteLayer:
    layout: Layout
    client: RegistryClient
    descriptor: Descriptor
    _reused: bool = field(default=False, init=False)

    @property
    def digest(self) -> str:
        return self.descriptor.digest

    @property
    def size_bytes(self) -> int:
        return self.descriptor.size_bytes

    @contextmanager
    def open(self) -> Iterator[Iterator[bytes]]:
        """Read what is kept, then what the registry sends; one reader of a blob at a time."""
        with (
            lock.transient(self.layout.partial_lock(self.digest)),
            closing(self._pieces(self.layout.partial(self.digest))) as pieces,
        ):
            yield pieces

    def _pieces(self, path: Path) -> Generator[bytes, None, None]:
        kept = 0
        for piece in _kept(path):
            kept += len(piece)
            self._reused = True
            yield piece
        with path.open("ab") as file:
            for piece in self.client.blob(self.descriptor, kept):
                file.write(piece)
                yield piece

    def discard(self) -> bool:
        """Forget what is kept. If the failed attempt relied on it, another one may succeed."""
        self.layout.partial(self.digest).unlink(missing_ok=True)
        reused, self._reused = self._reused, False
        return reused


def _kept(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece
    except FileNotFoundError:
        return
