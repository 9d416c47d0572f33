"""Undo gzip or zstd, told from the first bytes, in pieces of bounded size.

Both formats may hold several members one after another (pigz, estargz and zstd:chunked do).
"""

from __future__ import annotations

import zlib
from itertools import chain
from typing import IO, TYPE_CHECKING, cast

from runtimes.core import errors
from runtimes.oci.image.unpack.limits import BadLayer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_ZSTD_SKIPPABLE = tuple(bytes([0x50 | n]) + b"\x2a\x4d\x18" for n in range(16))
_BZIP2, _XZ = b"BZh", b"\xfd7zXZ\0"
_LONGEST_MAGIC = 6
_PIECE = 1 << 20
_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_ZSTD_WINDOW = 1 << 27


def decompress(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the content of a stream that may be compressed.

    Raises:
        BadLayer: the compressed data is damaged or ends early.
        Unimplemented: it is compressed by something else.
    """
    source = iter(chunks)
    head = b""
    while len(head) < _LONGEST_MAGIC and (piece := next(source, b"")):
        head += piece
    whole = chain((head,), source) if head else iter(())
    if head.startswith(_GZIP):
        return _gunzip(whole)
    if head.startswith((_ZSTD, *_ZSTD_SKIPPABLE)):
        return _unzstd(whole)
    if head.startswith((_BZIP2, _XZ)):
        raise errors.Unimplemented("unpack a layer: it is compressed by bzip2 or xz, which no "
                                   "registry uses; decompress it first")  # fmt: skip
    return iter(whole)


def is_compressed(head: bytes) -> bool:
    """Tell from its first bytes whether `decompress` would decompress a stream."""
    return head.startswith((_GZIP, _ZSTD, *_ZSTD_SKIPPABLE))


def _gunzip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    inflate = zlib.decompressobj(_GZIP_WINDOW)
    begun = True
    for chunk in chunks:
        data = chunk
        while data:
            if inflate.eof:
                if not data.strip(b"\0"):
                    break
                inflate, begun = zlib.decompressobj(_GZIP_WINDOW), True
            try:
                piece = inflate.decompress(data, _PIECE)
            except zlib.error as error:
                raise BadLayer(f"the layer's gzip data is damaged: {error}") from error
            begun = not inflate.eof
            data = inflate.unused_data if inflate.eof else inflate.unconsumed_tail
            if piece:
                yield piece
    if begun:
        raise BadLayer("the layer's gzip data ends early")


def _unzstd(chunks: Iterable[bytes]) -> Iterator[bytes]:
    import zstandard

    context = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
    source = cast("IO[bytes]", _Readable(chunks))
    reader = context.stream_reader(source, read_across_frames=True)
    while True:
        try:
            piece = reader.read(_PIECE)
        except zstandard.ZstdError as error:
            raise BadLayer(f"the layer's zstd data is damaged: {error}") from error
        if not piece:
            return
        yield piece


class _Readable:
    """Chunks behind the `read` that zstandard asks for."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._rest = b""

    def read(self, size: int) -> bytes:
        data = self._rest or next(self._chunks, b"")
        self._rest = data[size:]
        return data[:size]
