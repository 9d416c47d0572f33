"""Writable root file systems on top of an image's layers."""

from runtimes.oci.snapshot.record import Driver, Snapshot, layers_in_use, load
from runtimes.oci.snapshot.rootfs import mount, overlay_works, prepare, remove

__all__ = [
    "Driver",
    "Snapshot",
    "layers_in_use",
    "load",
    "mount",
    "overlay_works",
    "prepare",
    "remove",
]
