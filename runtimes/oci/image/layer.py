"""Layers by chain id: fetched, checked, unpacked and put in place once, whoever needs them.

    (absent) --lock, unpack in ingest/, rename--> layers/<chain id> --unreferenced--> trash/

A layer counts if an image record names it, which is written after everything was synced, or if it
was made since this boot. Any other may have lost data in a power cut, and is made anew.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from runtimes.core import errors, progress
from runtimes.core.state.boot import boot_id
from runtimes.oci.image import digest as digests
from runtimes.oci.image import lock
from runtimes.oci.image.layout import LAYER_RECORD, LAYER_TREE
from runtimes.oci.image.tree import remove_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from runtimes.oci.image.layout import Layout
    from runtimes.oci.image.unpack.limits import Limits

_REPORT_EVERY = 1 << 19


class LayerSource(Protocol):
    """Where a layer's bytes come from, compressed or not."""

    @property
    def digest(self) -> str:
        """Of the bytes as they come; empty where only the content's digest is known."""
        ...

    @property
    def size_bytes(self) -> int:
        """Of the bytes as they come; 0 when unknown."""
        ...

    def open(self) -> AbstractContextManager[Iterator[bytes]]:
        """Begin to read the bytes; leaving the context stops."""
        ...

    def discard(self) -> bool:
        """Forget bytes kept from an earlier attempt; tell whether reading anew may help."""
        ...


@dataclass(frozen=True, slots=True)
class LayerRecord:
    """What `layer.json` keeps.

    Attributes:
        used_bytes: disk space, about.
        boot: the boot in which it was unpacked.
    """

    diff_id: str
    used_bytes: int
    inodes: int
    boot: str


@dataclass(frozen=True, slots=True)
class Place:
    """A layer's position in an image: its own digest, its chain id, and the chain ids below."""

    diff_id: str
    chain_id: str
    below: tuple[str, ...]


def places(diff_ids: Sequence[str]) -> list[Place]:
    """Name the positions of an image's layers, bottom first."""
    chain = digests.chain_ids(diff_ids)
    return [Place(diff_id, chain[n], chain[:n]) for n, diff_id in enumerate(diff_ids)]


def read(layout: Layout, chain_id: str) -> LayerRecord | None:
    """Read a layer's record; None if it isn't there or is damaged."""
    try:
        raw = json.loads((layout.layer(chain_id) / LAYER_RECORD).read_bytes())
        return LayerRecord(
            str(raw["diff_id"]), int(raw["used_bytes"]), int(raw["inodes"]), str(raw["boot"])
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


@dataclass(frozen=True, slots=True)
class LayerStore:
    """Puts layers in place.

    Attributes:
        named: tells whether an image record names a chain id.
        check: raises to give up waiting and reading.
    """

    layout: Layout
    limits: Limits
    named: Callable[[str], bool]
    check: Callable[[], None]

    def ready(self, chain_id: str) -> bool:
        """Tell whether a layer is there and can be trusted."""
        record = read(self.layout, chain_id)
        return record is not None and (record.boot == boot_id() or self.named(chain_id))

    def ensure(self, place: Place, source: LayerSource, await_below: Callable[[], None]) -> None:
        """Put a layer in place unless it is there; one who comes second waits for the first.

        `await_below` returns when the layers below are in place.

        Raises:
            DataLoss: the bytes don't have the digests announced.
            BadLayer: the layer is malformed or hostile.
        """
        if self.ready(place.chain_id):
            self._report(place, source, "exists")
            return
        with lock.transient(self.layout.layer_lock(place.chain_id), self.check):
            if self.ready(place.chain_id):
                self._report(place, source, "exists")
                return
            remove_to_trash(self.layout, place.chain_id)
            self._make(place, source, await_below)
        self._report(place, source, "done", source.size_bytes)

    def _make(self, place: Place, source: LayerSource, await_below: Callable[[], None]) -> None:
        while True:
            try:
                self._attempt(place, source, await_below)
            except (errors.DataLoss, errors.InvalidArgument):
                if not source.discard():
                    raise
            except errors.ResourceExhausted:
                source.discard()
                raise
            else:
                source.discard()
                return

    def _attempt(self, place: Place, source: LayerSource, await_below: Callable[[], None]) -> None:
        folder = self.layout.ingest / f"{digests.encoded(place.chain_id)}.{os.urandom(4).hex()}"
        tree = folder / LAYER_TREE
        tree.mkdir(mode=0o755, parents=True)
        try:
            record = self._unpack(place, source, tree, await_below)
            (folder / LAYER_RECORD).write_text(json.dumps(record))
            folder.rename(self.layout.layer(place.chain_id))
        except BaseException:
            remove_tree(folder)
            raise

    def _unpack(
        self, place: Place, source: LayerSource, tree: Path, await_below: Callable[[], None]
    ) -> dict[str, object]:
        from runtimes.oci.image.unpack.ahead import ahead
        from runtimes.oci.image.unpack.compression import decompress
        from runtimes.oci.image.unpack.extract import extract
        from runtimes.oci.image.unpack.inherit import inherit
        from runtimes.oci.image.unpack.metadata import rights_of_process
        from runtimes.oci.image.unpack.tar import TarReader
        from runtimes.oci.image.unpack.verified import verified

        rights = rights_of_process()
        what = f"unpack layer {source.digest or place.diff_id}"
        with (
            source.open() as chunks,
            ahead(decompress(self._watched(place, source, chunks))) as plain,
        ):
            content = verified(plain, place.diff_id, what=what)
            unpacked = extract(TarReader(content, self.limits), tree, rights)
        self._report(place, source, "unpacking", source.size_bytes)
        await_below()
        inherit(unpacked, tree, [self.layout.tree(chain) for chain in place.below])
        return {
            "diff_id": place.diff_id,
            "used_bytes": unpacked.used_bytes,
            "inodes": unpacked.inodes,
            "boot": boot_id(),
        }

    def _watched(
        self, place: Place, source: LayerSource, chunks: Iterator[bytes]
    ) -> Iterator[bytes]:
        from runtimes.oci.image.unpack.verified import verified

        what = f"fetch layer {source.digest}"
        if source.digest:
            chunks = verified(chunks, source.digest, size=source.size_bytes or None, what=what)
        count = reported = 0
        for chunk in chunks:
            self.check()
            count += len(chunk)
            if count - reported >= _REPORT_EVERY:
                reported = count
                self._report(place, source, "downloading", count)
            yield chunk

    def _report(self, place: Place, source: LayerSource, phase: str, done: int = 0) -> None:
        shown = item(source.digest or place.diff_id)
        progress.report(progress.Progress(shown, phase, done, source.size_bytes))


def item(digest: str) -> str:
    """Name a layer in reports of progress."""
    return digests.short(digest)


def remove_to_trash(layout: Layout, chain_id: str) -> Path | None:
    """Take a layer out of its place, at once; the caller removes the tree later."""
    target = layout.trash / f"{digests.encoded(chain_id)}.{os.urandom(4).hex()}"
    try:
        layout.layer(chain_id).rename(target)
    except FileNotFoundError:
        return None
    return target
