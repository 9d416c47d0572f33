"""Tell archives of images from root file systems, by the names of their members."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_MARKS = {"manifest.json", "oci-layout"}
_ROOTFS = {
    "bin", "boot", "dev", "etc", "home", "lib", "lib64", "media", "mnt", "opt", "proc", "root",
    "run", "sbin", "srv", "sys", "tmp", "usr", "var",
}  # fmt: skip


class Kind(Enum):
    ARCHIVE = "archive"  # a layout, or what docker save writes
    ROOTFS = "rootfs"


def kind_of(names: Iterable[str]) -> Kind:
    """Look at members until it is clear; without any mark it is a root file system."""
    for name in names:
        parts = [part for part in name.split("/") if part not in ("", ".")]
        if parts and parts[0] in _ROOTFS:
            return Kind.ROOTFS
        if len(parts) == 1 and parts[0] in _MARKS:
            return Kind.ARCHIVE
    return Kind.ROOTFS
