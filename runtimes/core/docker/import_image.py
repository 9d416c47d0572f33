"""Import images from files into an Engine, for the backends that stand on one."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from runtimes.core import errors, image_ref
from runtimes.core.docker.archive import read_archive
from runtimes.core.docker.beyond import DockerLoad
from runtimes.core.docker.interface import DockerInterface

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.core.docker.archive import SavedImage


class _Loader(DockerInterface, DockerLoad, Protocol):
    """An Engine that takes files."""


def import_image(docker: DockerInterface, source: Path, name: str = "") -> list[str]:
    """Import a `docker save` archive, or a tar of a root file system.

    A root file system needs a `name`; an archive with one image may be given one instead of its
    own. Importing again is harmless.

    Returns:
        The references that now exist; the id of an image without any.

    Raises:
        InvalidArgument: not such a file, or a broken one; or `name` is missing or wrong.
        Unimplemented: this DockerInterface can't.
    """
    if not isinstance(docker, DockerLoad):
        raise errors.Unimplemented(
            f"import '{source}': this Engine takes images from registries only; push it to one"
        )
    wanted = str(image_ref.parse(name).with_default_tag()) if name else ""
    if "@" in wanted:
        raise errors.InvalidArgument(f"import '{source}' as '{name}': a name can't have a digest")
    saved = read_archive(source)
    if saved is None:
        return _import_root(docker, source, wanted)
    if not wanted:
        docker.load_image(source)
        return [name for image in saved for name in image.names or (image.id,)]
    if len(saved) != 1:
        raise errors.InvalidArgument(
            f"import '{source}': it holds {len(saved)} images, which can't all be called "
            f"'{wanted}'; leave the name out"
        )
    _load_as(docker, source, saved[0], wanted)
    return [wanted]


def _import_root(docker: DockerLoad, source: Path, wanted: str) -> list[str]:
    if not wanted:
        raise errors.InvalidArgument(
            f"import '{source}': a root file system has no name; give it one, like 'app:1'"
        )
    docker.import_root(source, wanted)
    return [wanted]


def _load_as(docker: _Loader, source: Path, image: SavedImage, wanted: str) -> None:
    """Load it, give it its new name, and its own names back to who had them before."""
    before = {name: _id(docker, name) for name in image.names}
    docker.load_image(source)
    docker.tag_image(image.id, wanted)
    for name, earlier in before.items():
        if name == wanted:
            continue
        if earlier:
            docker.tag_image(earlier, name)
        else:
            docker.remove_image(name)


def _id(docker: DockerInterface, name: str) -> str:
    with suppress(errors.ImageNotFound):
        return docker.inspect_image(name)["Id"]
    return ""
