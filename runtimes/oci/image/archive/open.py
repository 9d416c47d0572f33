"""Open whatever someone wants to import."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

from runtimes.core import deadline, errors
from runtimes.oci.image.archive import docker_save, oci_layout, rootfs
from runtimes.oci.image.archive.content import FolderContent, TarContent
from runtimes.oci.image.archive.kind import Kind, kind_of
from runtimes.oci.image.unpack.compression import decompress, is_compressed
from runtimes.oci.image.unpack.limits import BadLayer
from runtimes.oci.image.unpack.tar import TarReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from runtimes.oci.image.archive.content import Content
    from runtimes.oci.image.archive.found import FoundImage

_PIECE = 1 << 20
_MAGIC_BYTES = 6


@contextmanager
def opened(source: Path, spool: Path) -> Iterator[list[FoundImage]]:
    """Yield the images in a file or folder; they can be read until the block ends.

    What can't be read in any order (compressed archives, pipes) is copied to a nameless file in
    the folder `spool`.

    Raises:
        InvalidArgument: it is neither an archive of images nor a root file system.
    """
    try:
        fd = os.open(source, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise errors.InvalidArgument(f"open it: {error.strerror}") from error
    try:
        if stat.S_ISDIR(os.fstat(fd).st_mode):
            yield _in_folder(FolderContent(source))
            return
        with _seekable(fd, spool) as file:
            yield from _in_file(file, spool)
    finally:
        os.close(fd)


def _in_folder(content: Content) -> list[FoundImage]:
    if not content.has(oci_layout.INDEX):
        raise errors.InvalidArgument(
            f"a folder without {oci_layout.INDEX} is no OCI layout; if it is a root file system, "
            "import it as a tar archive: tar -C FOLDER -cf ROOTFS.tar ."
        )
    return oci_layout.images(content)


def _in_file(fd: int, spool: Path) -> Iterator[list[FoundImage]]:
    if not os.pread(fd, 1, 0):
        raise errors.InvalidArgument("it is empty")
    kind = _kind(fd)
    if kind is Kind.ROOTFS:
        yield [rootfs.image(lambda: _pieces(fd))]
        return
    with _plain(fd, spool) as plain:
        content = TarContent(plain)
        if content.has(oci_layout.INDEX) and content.has("oci-layout"):
            yield oci_layout.images(content)
        elif docker_save.is_docker_save(content):
            yield docker_save.images(content)
        else:
            yield [rootfs.image(lambda: _pieces(fd))]


def _kind(fd: int) -> Kind:
    try:
        return kind_of(entry.name for entry in TarReader(decompress(_pieces(fd))))
    except BadLayer as error:
        raise errors.InvalidArgument(
            "it is no archive that can be read: neither an OCI layout, nor what `docker save` "
            f"writes, nor a root file system in a tar ({error})"
        ) from error


@contextmanager
def _seekable(fd: int, spool: Path) -> Iterator[int]:
    if stat.S_ISREG(os.fstat(fd).st_mode):
        yield fd
        return
    with _spooled(lambda: _stream(fd), spool) as copy:
        yield copy


@contextmanager
def _plain(fd: int, spool: Path) -> Iterator[int]:
    if not is_compressed(os.pread(fd, _MAGIC_BYTES, 0)):
        yield fd
        return
    with _spooled(lambda: decompress(_pieces(fd)), spool) as copy:
        yield copy


@contextmanager
def _spooled(chunks: Callable[[], Iterator[bytes]], spool: Path) -> Iterator[int]:
    with tempfile.TemporaryFile(dir=spool) as file:
        try:
            for chunk in chunks():
                deadline.check("copy the archive")
                file.write(chunk)
            file.flush()
        except OSError as error:
            raise errors.ResourceExhausted(f"copy it to '{spool}': {error.strerror}") from error
        yield file.fileno()


def _pieces(fd: int) -> Iterator[bytes]:
    offset = 0
    while piece := os.pread(fd, _PIECE, offset):
        offset += len(piece)
        yield piece


def _stream(fd: int) -> Iterator[bytes]:
    while piece := os.read(fd, _PIECE):
        yield piece
