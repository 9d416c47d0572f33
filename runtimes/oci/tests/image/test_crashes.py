"""Pulls that are killed at any moment leave a store that works and holds nothing for ever."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from runtimes.oci.image.store import ImageStore
from runtimes.oci.tests.image.pulling import fetch
from runtimes.oci.tests.image.tarballs import Member, make_image, tar

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.oci.tests.image.fake_registry import FakeRegistry

pytestmark = [pytest.mark.needs_root, pytest.mark.slow]

_PULL = """
import sys
import time
from pathlib import Path
from runtimes.oci.image.store import ImageStore
from runtimes.oci.tests.image.pulling import fetch
store = ImageStore(Path(sys.argv[1]))
print("begun", flush=True)
fetch(store, sys.argv[2])
store.remove(sys.argv[2])
store.collect()
"""
_ROUNDS = 25


def kill_after(root: Path, name: str, delay: float) -> bool:
    """Run a pull and a removal, and kill it; tell whether it was still at it."""
    process = subprocess.Popen(
        [sys.executable, "-c", _PULL, str(root), name], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"begun\n"
    try:
        process.wait(delay)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
    with process.stdout:
        return process.wait() == -signal.SIGKILL


def is_whole(store: ImageStore) -> bool:
    return all(
        layer.is_dir() and any(layer.iterdir())
        for record in store.records().values()
        for layer in store.resolve(record.id).layers
    )


@pytest.mark.timeout(180)
def test_killed_pulls_and_removals(tmp_path: Path, registry: FakeRegistry) -> None:
    chance = random.Random(7)
    noise = [
        tar(*(Member(f"{n}/{m}", chance.randbytes(3000)) for m in range(60))) for n in range(4)
    ]
    image = make_image(*noise)
    name = registry.push("app", "1", image)
    registry.pace = 0.03
    root = tmp_path / "images"

    killed = 0
    for _ in range(_ROUNDS):
        killed += kill_after(root, name, chance.uniform(0.0, 0.6))
        assert is_whole(ImageStore(root))

    assert killed >= _ROUNDS // 3
    registry.pace = 0.0
    store = ImageStore(root)
    assert fetch(store, name) == image.id
    stored = store.resolve(name)
    for number, layer in enumerate(stored.layers):
        assert len(list((layer / str(number)).iterdir())) == 60
    store.remove(name)
    store.collect()
    store.recover()
    layout = store.layout
    places = (layout.layers, layout.trash, layout.leases, layout.ingest, layout.images)
    assert [path for place in places for path in place.iterdir()] == []
    assert list(layout.blobs.glob("*/*")) == []


def test_an_interrupted_pull_ends_soon_and_keeps_only_bytes(
    tmp_path: Path, registry: FakeRegistry
) -> None:
    noise = random.Random(8).randbytes(20_000_000)
    name = registry.push("app", "1", make_image(tar(Member("noise", noise)), compress=bytes))
    registry.pace = 0.03
    root = tmp_path / "images"
    process = subprocess.Popen(
        [sys.executable, "-c", _PULL, str(root), name],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    store = ImageStore(root)
    give_up = time.monotonic() + 20
    while not list(store.layout.ingest.glob("*.part")) and time.monotonic() < give_up:
        time.sleep(0.01)

    process.send_signal(signal.SIGINT)
    begin = time.monotonic()
    _, complaint = process.communicate(timeout=20)

    assert b"KeyboardInterrupt" in complaint
    assert time.monotonic() - begin < 5
    assert [path.suffix for path in store.layout.ingest.iterdir()] == [".part"]
    assert list(store.layout.leases.iterdir()) == []
    assert store.records() == {}
