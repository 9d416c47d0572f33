"""What a snapshot is: the folders it has, and the layers it stands on.

<container dir>/rootfs/           where it is mounted (driver vfs: the files themselves)
<container dir>/upper/, work/     overlayfs' own (driver overlay)
<container dir>/snapshot.json     written before anything is mounted or copied
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.oci.image import atomic

if TYPE_CHECKING:
    from collections.abc import Iterable

RECORD = "snapshot.json"


class Driver(StrEnum):
    OVERLAY = "overlay"
    VFS = "vfs"  # a full copy, where overlayfs can't be


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A container's root file system.

    Attributes:
        folder: the container's folder.
        layers: trees it stands on, bottom first.
        read_only: an image as a volume: there is no upper.
    """

    folder: Path
    layers: tuple[Path, ...]
    driver: Driver = Driver.OVERLAY
    read_only: bool = False

    @property
    def rootfs(self) -> Path:
        """The root to run in, once mounted."""
        return self.folder / "rootfs"

    @property
    def upper(self) -> Path:
        """What the container itself wrote; with driver vfs, everything."""
        return self.folder / "upper" if self.driver is Driver.OVERLAY else self.rootfs

    @property
    def work(self) -> Path:
        return self.folder / "work"


def save(snapshot: Snapshot) -> None:
    """Write the record, so that the layers count as in use.

    It isn't synced: after a power cut nothing is mounted, so no layer is in use.
    """
    fields = {
        "driver": snapshot.driver,
        "layers": [os.fspath(layer) for layer in snapshot.layers],
        "read_only": snapshot.read_only,
    }
    atomic.write(snapshot.folder / RECORD, json.dumps(fields).encode(), durable=False)


def load(folder: Path) -> Snapshot | None:
    """Read the record of a container's folder; None if there is none.

    Raises:
        DataLoss: it is damaged.
    """
    try:
        raw = json.loads((folder / RECORD).read_bytes())
        layers = tuple(Path(layer) for layer in raw["layers"])
        return Snapshot(folder, layers, Driver(raw["driver"]), read_only=bool(raw["read_only"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise errors.DataLoss(f"read '{folder / RECORD}': it is damaged: {error}") from error


def layers_in_use(folders: Iterable[Path]) -> set[Path]:
    """Collect the layers that the snapshots in these containers' folders stand on.

    Raises:
        DataLoss: a record is damaged, so nobody can tell.
    """
    found = (load(folder) for folder in folders)
    return {layer for snapshot in found if snapshot is not None for layer in snapshot.layers}
