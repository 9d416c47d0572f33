"""How much a layer may make this host do."""

from __future__ import annotations

from dataclasses import dataclass

from runtimes.core import errors


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that no honest image comes near.

    Attributes:
        layer_bytes: unpacked bytes of one layer, holes of sparse files included.
        entries: files, folders and links of one layer.
        extension_bytes: extended attributes and long names of one entry.
        path_bytes: length of one path; the kernel takes no longer ones.
        layers: of one image; overlayfs stacks no more.
    """

    layer_bytes: int = 256 << 30
    entries: int = 10_000_000
    extension_bytes: int = 1 << 20
    path_bytes: int = 4095
    layers: int = 500


DEFAULT = Limits()


class BadLayer(errors.InvalidArgument):
    """A layer is malformed or hostile; fetching it again won't help."""
