"""The installed backends of one name, one for each contract that it implements."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from runtimes.core import configure
from runtimes.core.backend import Kind
from runtimes.core.discovery import installed, load

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runtimes.core.backend import Backend


def kinds_of(name: str) -> tuple[Kind, ...]:
    """The contracts that installed backends of that name implement.

    Raises:
        BackendUnavailable: there is none, or it can't be loaded.
    """
    found = {one.kind for one in installed(tuple(Kind)) if one.name == name}
    if not found:
        load(name, tuple(Kind))  # says why not
    return tuple(kind for kind in Kind if kind in found)


def named(name: str, kinds: Sequence[Kind]) -> list[Backend[Any]]:
    """One for each kind.

    Raises:
        BackendUnavailable: one can't be loaded.
    """
    return [load(name, [kind]) for kind in kinds]


def filled(backend: Backend[Any], words: Mapping[str, object]) -> object:
    """The backend's options; a word that only another contract of its name knows is left out.

    Raises:
        InvalidArgument: a word that none of them knows, or a value that doesn't fit.
    """
    own = _options(backend)
    others = {name for one in named(backend.name, kinds_of(backend.name)) for name in _options(one)}
    kept = {
        word: value for word, value in words.items() if word.replace("-", "_") not in others - own
    }
    options: object = configure.fill(backend.options, kept)
    return options


def _options(backend: Backend[Any]) -> set[str]:
    return {field.name for field in dataclasses.fields(backend.options)}
