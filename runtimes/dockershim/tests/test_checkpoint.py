"""Checkpoints are dockershim's to the byte, and cri-dockerd's are understood."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from runtimes.dockershim.state import checkpoint
from runtimes.dockershim.state.checkpoint import Checkpoint, Mapping

if TYPE_CHECKING:
    from pathlib import Path

TWO = (Mapping("tcp", 80, 8080, "127.0.0.1"), Mapping("tcp", 8080, 80))
CRI_DOCKERD = ("core", "config")


@pytest.mark.parametrize(
    ("mappings", "host_network", "expected"),
    [((), True, 996107268), ((), False, 815459779), (TWO, False, 2490188671)],
)
def test_checksums_are_dockershims(
    mappings: tuple[Mapping, ...], host_network: bool, expected: int
) -> None:
    assert checkpoint.checksum(Checkpoint("n", "ns", mappings, host_network)) == expected


@pytest.mark.parametrize(
    ("mappings", "host_network", "expected"),
    [((), True, 12315789), ((), False, 2305795928), (TWO[:1], False, 3406953414)],
)
def test_checksums_of_cri_dockerd_are_known(
    mappings: tuple[Mapping, ...], host_network: bool, expected: int
) -> None:
    found = Checkpoint("n", "ns", mappings, host_network)
    theirs = found.encode().replace(
        str(checkpoint.checksum(found)).encode(), str(expected).encode()
    )

    assert checkpoint.checksum(found, CRI_DOCKERD) == expected
    assert checkpoint.decode(theirs) == found


def test_what_is_false_or_empty_is_left_out() -> None:
    assert Checkpoint("web", "default").encode() == (
        b'{"version":"v1","name":"web","namespace":"default","data":{},"checksum":815459779}'
    )


def test_a_saved_one_is_read_back_and_forgotten(tmp_path: Path) -> None:
    saved = Checkpoint("web", "default", TWO, host_network=True)

    checkpoint.save(tmp_path, "f00", saved)

    assert checkpoint.load(tmp_path, "f00") == saved
    checkpoint.forget(tmp_path, "f00")
    checkpoint.forget(tmp_path, "f00")
    assert checkpoint.load(tmp_path, "f00") is None


def test_one_is_flushed_to_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[int] = []
    monkeypatch.setattr(os, "fsync", flushed.append)

    checkpoint.save(tmp_path, "f00", Checkpoint("web", "default"))

    assert len(flushed) == 2  # The file and its folder.


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"name":1}', None])
def test_a_corrupt_one_counts_as_missing_and_is_removed(tmp_path: Path, data: bytes | None) -> None:
    good = Checkpoint("web", "default", TWO).encode()
    (tmp_path / "f00").write_bytes(good.replace(b"8080", b"8081") if data is None else data)

    assert checkpoint.load(tmp_path, "f00") is None
    assert not (tmp_path / "f00").exists()
