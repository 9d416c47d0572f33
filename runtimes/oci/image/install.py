"""Bring an image in: its layers side by side, its record last."""

from __future__ import annotations

import contextvars
import threading
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

from runtimes.core import deadline, errors
from runtimes.oci.image.layer import LayerStore, Place, places
from runtimes.oci.image.lease import lease
from runtimes.oci.image.unpack.limits import DEFAULT, Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runtimes.oci.image.layer import LayerSource
    from runtimes.oci.image.store import ImageStore, NewImage

_AT_ONCE = 3
"""Layers fetched and unpacked at a time."""


def install(
    store: ImageStore, new: NewImage, sources: Sequence[LayerSource], limits: Limits = DEFAULT
) -> None:
    """Put an image's layers in place and record it. Whole after any interruption, or not there.

    Raises:
        InvalidArgument: its manifest and its configuration disagree, or a layer is malformed.
        DataLoss: a layer doesn't have the digest announced.
        ResourceExhausted: the disk is full.
        DeadlineExceeded: the caller's deadline has passed.
    """
    diff_ids = new.config["rootfs"]["diff_ids"]
    if len(diff_ids) != len(sources):
        raise errors.InvalidArgument(
            f"image '{new.id}': its configuration names {len(diff_ids)} layers, its manifest "
            f"{len(sources)}; it was built wrongly"
        )
    if len(sources) > limits.layers:
        raise errors.InvalidArgument(
            f"image '{new.id}': it has {len(sources)} layers, more than the {limits.layers} that "
            "overlayfs can stack"
        )
    found = places(diff_ids)
    with lease(store.layout, [place.chain_id for place in found]):
        _fill(store, found, sources, limits)
        store.commit(new)


def _fill(
    store: ImageStore, found: Sequence[Place], sources: Sequence[LayerSource], limits: Limits
) -> None:
    given_up = threading.Event()

    def check() -> None:
        deadline.check("pull or import an image")
        if given_up.is_set():
            raise errors.Canceled("fetch a layer: another layer failed, or the caller gave up")

    def named(chain_id: str) -> bool:
        return any(chain_id in record.chain for record in store.records().values())

    layers = LayerStore(store.layout, limits, named, check)
    pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="layer")
    tasks: list[Future[None]] = []
    try:
        for place, source in zip(found, sources, strict=True):
            context = contextvars.copy_context()
            below = _awaiting(tasks[-1:])
            tasks.append(pool.submit(context.run, layers.ensure, place, source, below))
        _finish(tasks)
    finally:
        given_up.set()
        pool.shutdown(cancel_futures=True)


def _awaiting(below: Sequence[Future[None]]) -> Callable[[], None]:
    """Return what waits for the layer below: it waited for its own."""

    def wait_below() -> None:
        for task in below:
            task.result()

    return wait_below


def _finish(tasks: Sequence[Future[None]]) -> None:
    """Wait for all; raise the error that came first, not one that only follows from it."""
    done, _ = wait(tasks, return_when=FIRST_EXCEPTION)
    for task in [task for task in tasks if task in done]:
        task.result()
