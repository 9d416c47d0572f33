"""What layers pass through on their way: decompression, verification, running ahead."""

from __future__ import annotations

import gzip
import threading
import zlib
from typing import TYPE_CHECKING

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from runtimes.core import errors
from runtimes.oci.image.unpack.ahead import ahead
from runtimes.oci.image.unpack.compression import decompress, is_compressed
from runtimes.oci.image.unpack.limits import BadLayer
from runtimes.oci.image.unpack.verified import verified
from runtimes.oci.tests.image.tarballs import gzipped, sha256, zstd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TEXT = b"some text that repeats itself, " * 5000


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


@pytest.mark.parametrize("size", [1, 7, 4096, 1 << 20])
@pytest.mark.parametrize("compress", [bytes, gzipped, zstd])
def test_the_first_bytes_tell_how_to_decompress(
    compress: Callable[[bytes], bytes], size: int
) -> None:
    data = compress(TEXT)

    assert b"".join(decompress(pieces(data, size))) == TEXT
    assert is_compressed(data[:6]) is (compress is not bytes)


@pytest.mark.parametrize("data", [b"", b"a", b"\x1f"])
def test_short_streams_pass(data: bytes) -> None:
    assert b"".join(decompress(iter([data] if data else []))) == data


def test_several_gzip_members_are_one_stream() -> None:
    data = gzipped(b"one ") + gzipped(b"") + gzipped(b"two") + bytes(100)

    for size in (1, 50, 1000):
        assert b"".join(decompress(pieces(data, size))) == b"one two"


def test_several_zstd_frames_are_one_stream() -> None:
    skippable = b"\x50\x2a\x4d\x18\x04\x00\x00\x00skip"

    data = skippable + zstd(b"one ") + skippable + zstd(b"two")

    assert b"".join(decompress(pieces(data, 10))) == b"one two"


@pytest.mark.parametrize(
    "data",
    [
        gzipped(TEXT)[:-1], gzipped(TEXT)[:-9], gzipped(TEXT)[:30], gzipped(TEXT) + b"garbage",
        gzipped(TEXT)[:-4] + b"1234", zstd(TEXT)[:20] + b"garbage" * 10,
    ],
)  # fmt: skip
def test_damaged_compressed_data_is_refused(data: bytes) -> None:
    with pytest.raises(BadLayer, match="data"):
        list(decompress(pieces(data, 1000)))


@pytest.mark.parametrize("head", [b"BZh91AY", b"\xfd7zXZ\0\0"])
def test_what_no_registry_uses_is_named(head: bytes) -> None:
    with pytest.raises(errors.Unimplemented, match="decompress it first"):
        list(decompress([head]))


def test_a_bomb_comes_in_small_pieces() -> None:
    bomb = zlib.compressobj(9, zlib.DEFLATED, 31)
    data = b"".join(bomb.compress(bytes(1 << 20)) for _ in range(64)) + bomb.flush()

    assert len(data) < 100_000
    assert max(len(piece) for piece in decompress([data])) <= 1 << 20


def test_a_zstd_bomb_comes_in_small_pieces() -> None:
    data = zstandard.ZstdCompressor(level=19).compress(bytes(64 << 20))

    assert len(data) < 100_000
    assert max(len(piece) for piece in decompress([data])) <= 1 << 20


def test_a_zstd_window_that_eats_memory_is_refused() -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=30, enable_ldm=True)
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    data = compressor.compress(b"x" * 100_000) + compressor.flush()

    with pytest.raises(BadLayer):
        list(decompress([data]))


@settings(max_examples=200)
@given(
    st.binary(max_size=200),
    st.sampled_from([b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"\x50\x2a\x4d\x18"]),
)
def test_random_compressed_data_never_raises_anything_else(data: bytes, magic: bytes) -> None:
    try:
        list(decompress([magic + data]))
    except errors.InvalidArgument:
        return


def test_the_right_bytes_pass() -> None:
    assert list(verified([b"ab", b"c"], sha256(b"abc"), size=3, what="x")) == [b"ab", b"c"]
    sha512 = "sha512:" + __import__("hashlib").sha512(b"abc").hexdigest()
    assert list(verified([b"abc"], sha512, what="x")) == [b"abc"]


@pytest.mark.parametrize(("data", "size"), [([b"abd"], 3), ([b"ab"], 3), ([b"ab"], None), ([], 3)])
def test_other_bytes_dont(data: list[bytes], size: int | None) -> None:
    with pytest.raises(errors.DataLoss, match="fetch it: it"):
        list(verified(data, sha256(b"abc"), size=size, what="fetch it"))


def test_too_many_bytes_are_noticed_at_once() -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 100

    with pytest.raises(errors.DataLoss, match="more than the 250 bytes"):
        list(verified(endless(), sha256(b"abc"), size=250, what="x"))


def test_running_ahead_changes_nothing() -> None:
    with ahead(pieces(TEXT, 1000)) as chunks:
        assert b"".join(chunks) == TEXT


def test_what_the_source_raises_reaches_the_reader() -> None:
    def broken() -> Iterator[bytes]:
        yield b"x"
        raise errors.DataLoss("broken")

    with ahead(broken()) as chunks:
        assert next(chunks) == b"x"
        with pytest.raises(errors.DataLoss, match="broken"):
            next(chunks)


def test_leaving_early_ends_the_thread() -> None:
    before = threading.active_count()

    def endless() -> Iterator[bytes]:
        while True:
            yield b"x"

    with ahead(endless()) as chunks:
        next(chunks)

    assert threading.active_count() == before


def test_gzip_of_the_standard_library_agrees() -> None:
    assert b"".join(decompress([gzip.compress(TEXT)])) == TEXT
