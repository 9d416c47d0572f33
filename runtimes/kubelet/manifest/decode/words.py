"""How mistakes of form are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.kubelet.manifest.tree.nodes import Mapping, Node, Sequence
from runtimes.kubelet.manifest.tree.scalars import resolve

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST = 40


def quote(text: str) -> str:
    """Show text on one line, not too much of it."""
    shown = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
    mark = '"' if "'" in shown and '"' not in shown else "'"
    return mark + "".join(c if c.isprintable() else ascii(c)[1:-1] for c in shown) + mark


def describe(node: Node) -> str:
    """Say what a value is: ``8080 is a number``, ``this is a list``."""
    if isinstance(node, Mapping):
        return "this is a mapping"
    if isinstance(node, Sequence):
        return "this is a list"
    value = resolve(node)
    if value is None:
        return "there is no value"
    if isinstance(value, bool):
        return f"{quote(node.text)} without quotes is a boolean in YAML"
    if isinstance(value, int | float):
        return f"{quote(node.text)} without quotes is a number"
    return f"{quote(value)} is a string"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Find the word that was probably meant."""
    import difflib

    by_lower = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.7)
    return by_lower[close[0]] if close else None


def join(words: Iterable[str]) -> str:
    """List words: ``Always, OnFailure or Never``."""
    *head, last = words
    return f"{', '.join(head)} or {last}" if head else last
