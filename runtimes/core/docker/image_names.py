"""What an Engine's images are called. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors, image_ref

if TYPE_CHECKING:
    from collections.abc import Iterable

_NONE = "<none>"


def real(names: Iterable[str] | None) -> list[str]:
    """Names but for those that Docker makes up for an image without any."""
    return [name for name in names or () if _NONE not in name]


def is_pinned(names: Iterable[str], pause_image: str) -> bool:
    """Whether every pod needs the image of these names, so that kubelet mustn't collect it."""
    wanted = _full(pause_image)
    return any(_full(name) == wanted for name in names)


def _full(name: str) -> str:
    try:
        return image_ref.normalise(name)
    except errors.InvalidArgument:
        return name
