"""Where things lie under the root of an image store.

    images/      one record per image, written last
    blobs/       configurations and manifests, by digest
    layers/      one folder per chain id: ``fs`` (the tree) and ``layer.json``
    ingest/      parts of blobs being fetched, and trees being unpacked
    leases/      what pulls at work still need, each locked by its process
    locks/       files to lock
    trash/       trees on their way out

Only whole things are ever renamed into `images`, `blobs` and `layers`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.oci.image import digest

if TYPE_CHECKING:
    from pathlib import Path

LAYER_RECORD = "layer.json"
LAYER_TREE = "fs"


@dataclass(frozen=True, slots=True)
class Layout:
    root: Path

    @property
    def images(self) -> Path:
        return self.root / "images"

    @property
    def blobs(self) -> Path:
        return self.root / "blobs"

    @property
    def layers(self) -> Path:
        return self.root / "layers"

    @property
    def ingest(self) -> Path:
        return self.root / "ingest"

    @property
    def leases(self) -> Path:
        return self.root / "leases"

    @property
    def locks(self) -> Path:
        return self.root / "locks"

    @property
    def trash(self) -> Path:
        return self.root / "trash"

    @property
    def images_lock(self) -> Path:
        """Held while records change."""
        return self.locks / "images"

    @property
    def layers_lock(self) -> Path:
        """Held shared by those who begin to use layers, exclusively by those who remove some."""
        return self.locks / "layers"

    def create(self) -> None:
        """Make the folders, readable by their owner alone: layers hold setuid programs."""
        self.root.mkdir(mode=0o711, parents=True, exist_ok=True)
        for folder in (
            self.images, self.blobs, self.layers, self.ingest, self.leases, self.locks, self.trash,
        ):  # fmt: skip
            folder.mkdir(mode=0o700, exist_ok=True)

    def blob(self, blob_digest: str) -> Path:
        algorithm, _, encoded = blob_digest.partition(":")
        return self.blobs / algorithm / encoded

    def layer(self, chain_id: str) -> Path:
        return self.layers / digest.encoded(chain_id)

    def tree(self, chain_id: str) -> Path:
        return self.layer(chain_id) / LAYER_TREE

    def layer_lock(self, chain_id: str) -> Path:
        return self.locks / f"layer-{digest.encoded(chain_id)}"

    def partial(self, blob_digest: str) -> Path:
        """Where the bytes of a blob are kept until it is unpacked."""
        return self.ingest / f"{blob_digest.replace(':', '-')}.part"

    def partial_lock(self, blob_digest: str) -> Path:
        return self.locks / f"blob-{digest.encoded(blob_digest)}"
