from __future__ import annotations

import contextlib
import io
import tarfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtimes.core import errors
from runtimes.oci.image.unpack.limits import BadLayer, Limits
from runtimes.oci.image.unpack.tar import Entry, Kind, TarReader
from runtimes.oci.tests.image.tarballs import Member, folder, hard_link, symlink, tar

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LONG = "/".join(["long-component-of-a-path"] * 12)
FORMS = [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]


def read(
    data: bytes, piece: int = 1 << 16, limits: Limits | None = None
) -> list[tuple[Entry, bytes]]:
    chunks = (data[at : at + piece] for at in range(0, len(data), piece))
    reader = TarReader(chunks, limits or Limits())
    return [(entry, b"".join(reader.content())) for entry in reader]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("piece", [1, 511, 513, 1 << 16])
def test_every_form_is_read_whatever_the_pieces(form: int, piece: int) -> None:
    data = tar(
        folder("etc", uid=1000, gid=50),
        Member("etc/passwd", b"x" * 1000, mode=0o640, mtime=1_700_000_000),
        symlink("link", "etc/passwd"),
        hard_link("hard", "etc/passwd"),
        Member("fifo", type=tarfile.FIFOTYPE),
        Member("null", type=tarfile.CHRTYPE, device=(1, 3)),
        form=form,
    )

    found = read(data, piece)

    assert [(entry.name.rstrip("/"), entry.kind) for entry, _ in found] == [
        ("etc", Kind.FOLDER),
        ("etc/passwd", Kind.FILE),
        ("link", Kind.SYMLINK),
        ("hard", Kind.HARD_LINK),
        ("fifo", Kind.FIFO),
        ("null", Kind.CHARACTER),
    ]
    assert (found[0][0].uid, found[0][0].gid) == (1000, 50)
    assert found[1][1] == b"x" * 1000
    assert found[1][0].mode == 0o640
    assert found[1][0].mtime_ns == 1_700_000_000 * 10**9
    assert found[2][0].link == "etc/passwd"
    assert found[5][0].device == (1, 3)


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_and_large_ids_survive(form: int) -> None:
    member = Member(f"{LONG}/file", b"1", uid=3_000_000_000, gid=4_000_000_000)

    found = read(tar(member, symlink("l", LONG), form=form))

    assert found[0][0].name == f"{LONG}/file"
    assert (found[0][0].uid, found[0][0].gid) == (3_000_000_000, 4_000_000_000)
    assert found[1][0].link == LONG


def test_pax_gives_nanoseconds_and_attributes() -> None:
    member = Member("f", pax={"mtime": "12.000000345", "SCHILY.xattr.user.a": "b"})

    entry = read(tar(member))[0][0]

    assert entry.mtime_ns == 12_000_000_345
    assert entry.xattrs == {"user.a": b"b"}


def test_names_keep_bytes_that_are_no_text() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo("caf\udce9"))

    entry = read(buffer.getvalue())[0][0]

    assert entry.name.encode("utf-8", "surrogateescape") == b"caf\xe9"


@pytest.mark.parametrize(
    "options",
    [
        ["--format=gnu"],
        ["--format=posix"],
        ["--format=posix", "--sparse-version=0.1"],
        ["--format=posix", "--sparse-version=0.0"],
    ],
)
def test_sparse_files_of_gnu_tar_are_read(tmp_path: Path, options: list[str]) -> None:
    import subprocess

    holes = tmp_path / "holes"
    with holes.open("wb") as file:
        for n in range(40):
            file.seek(n * 100_000)
            file.write(b"data %d" % n)
        file.truncate(5_000_000)
    archive = tmp_path / "sparse.tar"
    subprocess.run(["tar", *options, "-S", "-C", tmp_path, "-cf", archive, "holes"], check=True)

    ((entry, stored),) = read(archive.read_bytes(), 4096)

    assert entry.name == "holes"
    assert entry.size == 5_000_000
    assert entry.extents is not None
    assert rebuilt(entry, stored) == holes.read_bytes()
    assert len(stored) < 1_000_000


def rebuilt(entry: Entry, stored: bytes) -> bytes:
    whole = bytearray(entry.size)
    for offset, length in entry.extents or []:
        whole[offset : offset + length] = stored[:length]
        stored = stored[length:]
    return bytes(whole)


def test_content_that_nobody_read_is_skipped() -> None:
    reader = TarReader([tar(Member("a", b"a" * 700), Member("b", b"b"))])

    assert [entry.name for entry in reader] == ["a", "b"]


def test_an_archive_without_end_marker_is_read() -> None:
    data = tar(Member("a", b"1"))[:1024]

    assert [entry.name for entry, _ in read(data)] == ["a"]


def test_an_empty_stream_has_no_entries() -> None:
    assert read(b"") == []


def test_what_follows_the_end_is_consumed() -> None:
    rest = iter([tar(Member("a")), b"padding"])

    assert len(list(TarReader(rest))) == 1
    assert next(rest, None) is None


def broken(data: bytes, at: int, value: bytes) -> bytes:
    """Change a header and make its checksum right again."""
    header = bytearray(data[:512])
    header[at : at + len(value)] = value
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + data[512:]


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        pytest.param(tar(Member("a", b"1" * 2000))[:1500], "cut off", id="short content"),
        pytest.param(tar(Member("a"))[:300], "cut off", id="short header"),
        pytest.param(b"no tar at all" * 100, "header", id="text"),
        pytest.param(tar(Member("a"))[:10] + b"!" + tar(Member("a"))[11:], "checksum", id="sum"),
        pytest.param(broken(tar(Member("a")), 156, b"Q"), "unknown type", id="type"),
        pytest.param(broken(tar(Member("a")), 124, b"99999999999\0"), "number", id="octal"),
        pytest.param(broken(tar(Member("a")), 108, b"\xff" * 8), "negative", id="negative uid"),
    ],
)
def test_broken_archives_are_refused(data: bytes, complaint: str) -> None:
    with pytest.raises(BadLayer, match=complaint):
        read(data)


@pytest.mark.parametrize(
    "records",
    [
        b"99 path=x\n", b"7 a=bc\nno-number", b"7 a=bc\n" + b"1" * 30,
        b"path=x\n", b"6 a=b", b"-5 a=b\n", b"7 ab\n  ", b"9 uid=-1\n",
        b"9 uid=x1\n", b"11 path=a\0b", b"12 size=99x9\n", b"9999999999999999999999 a=b\n",
    ],
)  # fmt: skip
def test_broken_extended_headers_are_refused(records: bytes) -> None:
    header = broken(tar(Member("x", b"r" * len(records)))[:512], 156, b"x")
    data = header + records.ljust(512, b"\0") + tar(Member("real"))

    with pytest.raises(BadLayer):
        read(data)


def test_a_large_extended_header_is_refused_before_it_is_read() -> None:
    head = broken(broken(tar(Member("x"))[:512], 124, b"77777777777\0"), 156, b"x")

    def only_head() -> Iterator[bytes]:
        yield head
        pytest.fail("it read on")

    with pytest.raises(BadLayer, match="extended headers"):
        list(TarReader(only_head()))


def test_endless_extended_headers_are_refused() -> None:
    piece = broken(tar(Member("x", b"r"))[:512], 156, b"g") + b"7 a=bc\n".ljust(512, b"\0")

    def chunks() -> Iterator[bytes]:
        while True:
            yield piece

    with pytest.raises(BadLayer, match="extended headers"):
        list(TarReader(chunks()))


def test_entries_are_counted() -> None:
    data = tar(*(Member(str(n)) for n in range(11)))

    with pytest.raises(BadLayer, match="more than 10 entries"):
        read(data, limits=Limits(entries=10))


def test_sizes_are_added_up_before_anything_is_written() -> None:
    with pytest.raises(BadLayer, match="more than 100 bytes"):
        read(tar(Member("a", b"1" * 60), Member("b", b"1" * 60)), limits=Limits(layer_bytes=100))


def test_a_stream_of_nothing_but_padding_is_bounded() -> None:
    def chunks() -> Iterator[bytes]:
        yield tar(Member("a"))
        while True:
            yield bytes(4096)

    with pytest.raises(BadLayer, match="tar stream has more than"):
        list(TarReader(chunks(), Limits(layer_bytes=100_000)))


@pytest.mark.parametrize(
    "sparse_map", ["0,10,5,10", "0,10,90,20", "0,1000000", "5", "0,10", "a,b", "0,-1", ""]
)
def test_sparse_maps_that_contradict_themselves_are_refused(sparse_map: str) -> None:
    pax = {"GNU.sparse.size": "100", "GNU.sparse.map": sparse_map, "GNU.sparse.name": "s"}

    with pytest.raises(BadLayer):
        read(tar(Member("x", b"1" * 20, pax=pax)))


@settings(max_examples=300)
@given(st.binary(max_size=2000))
def test_random_bytes_never_raise_anything_else(data: bytes) -> None:
    with contextlib.suppress(errors.InvalidArgument):
        read(data)


@settings(max_examples=300)
@given(st.data())
def test_damaged_archives_never_raise_anything_else(data: st.DataObject) -> None:
    archive = bytearray(tar(Member(f"{LONG}/f", b"content", uid=3_000_000_000), symlink("l", LONG)))
    for _ in range(data.draw(st.integers(1, 8))):
        archive[data.draw(st.integers(0, len(archive) - 1))] = data.draw(st.integers(0, 255))

    with contextlib.suppress(errors.InvalidArgument):
        read(bytes(archive))
