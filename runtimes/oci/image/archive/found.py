"""What an archive holds: images, each ready to be installed."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.oci.image import config, digest
from runtimes.oci.image.store import NewImage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from runtimes.oci.image.layer import LayerSource


@dataclass(frozen=True, slots=True)
class FileLayer:
    """A layer that can be read as often as needed.

    Attributes:
        digest: empty where the archive doesn't tell it.
    """

    read: Callable[[], Iterator[bytes]]
    digest: str = ""
    size_bytes: int = 0

    def open(self) -> nullcontext[Iterator[bytes]]:
        return nullcontext(self.read())

    def discard(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class FoundImage:
    """An image in an archive.

    Attributes:
        names: full references with a tag.
        tag: a tag that waits for a name, as OCI layouts may have it.
        manifest_digest: empty where there is no manifest.
        is_bare: a root file system, which nothing describes or names.
    """

    config_data: bytes
    layers: tuple[LayerSource, ...]
    blobs: Mapping[str, bytes]
    names: tuple[str, ...] = ()
    tag: str = ""
    manifest_digest: str = ""
    is_bare: bool = False

    def to_install(self, names: tuple[str, ...], *, what: str) -> NewImage:
        """Describe it under these names."""
        repositories = dict.fromkeys(name.rpartition(":")[0] for name in names)
        by_digest = [f"{repository}@{self.manifest_digest}" for repository in repositories]
        return NewImage(
            id=digest.of(self.config_data),
            config_data=self.config_data,
            config=config.parse(self.config_data, what=what),
            blobs=self.blobs,
            tags=names,
            digests=tuple(by_digest) if self.manifest_digest else (),
        )
