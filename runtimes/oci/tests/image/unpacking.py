"""What the tests of unpacking share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.oci.image.unpack.extract import Unpacked, extract
from runtimes.oci.image.unpack.inherit import inherit
from runtimes.oci.image.unpack.metadata import rights_of_process
from runtimes.oci.image.unpack.tar import TarReader
from runtimes.oci.tests.image.tarballs import Member, tar

if TYPE_CHECKING:
    from pathlib import Path


def unpack(tree: Path, *members: Member, below: tuple[Path, ...] = ()) -> Unpacked:
    """Make a layer of these members in an empty folder."""
    unpacked = extract(TarReader([tar(*members)]), tree, rights_of_process())
    inherit(unpacked, tree, below)
    return unpacked
