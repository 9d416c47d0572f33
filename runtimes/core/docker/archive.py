"""What an archive of `docker save` says of its images, read before an Engine takes it.

Source: OCI image-spec v1.1 and moby image/spec v1.2 (manifest.json).
"""

from __future__ import annotations

import json
import tarfile
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from runtimes.core import errors, image_ref

if TYPE_CHECKING:
    from pathlib import Path

_MANIFEST = "manifest.json"
_LAYOUT = "oci-layout"


@dataclass(frozen=True, slots=True)
class SavedImage:
    id: str
    names: tuple[str, ...]


def read_archive(source: Path) -> list[SavedImage] | None:
    """List the images of an archive; None for any other tar, which is a root file system.

    Raises:
        InvalidArgument: no tar, a broken one, or an OCI layout without `docker save`'s manifest.
    """
    try:
        with tarfile.open(source) as tar:
            names = set(tar.getnames())
            manifest = tar.extractfile(_MANIFEST) if _MANIFEST in names else None
            entries = json.load(manifest) if manifest is not None else None
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        raise errors.InvalidArgument(
            f"import '{source}': it is no tar, or a broken one: {error}"
        ) from error
    if entries is not None:
        return _images(source, entries)
    if _LAYOUT in names:
        raise errors.InvalidArgument(
            f"import '{source}': an Engine takes no plain OCI layout; write one as docker save does"
        )
    if not names:
        raise errors.InvalidArgument(f"import '{source}': the archive is empty")
    return None


def _images(source: Path, entries: object) -> list[SavedImage]:
    try:
        return [_image(entry) for entry in entries]  # type: ignore[attr-defined] # wrong ones raise
    except (TypeError, KeyError, AttributeError) as error:
        raise errors.InvalidArgument(
            f"import '{source}': its {_MANIFEST} isn't one of docker save's: {error!r}"
        ) from error


def _image(entry: dict[str, object]) -> SavedImage:
    digest = PurePosixPath(str(entry["Config"])).name.removesuffix(".json")
    tags = entry.get("RepoTags") or []
    if not isinstance(tags, list):
        raise TypeError(f"RepoTags is {tags!r}")
    return SavedImage(f"sha256:{digest}", tuple(image_ref.normalise(str(tag)) for tag in tags))
