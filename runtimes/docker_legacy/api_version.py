"""Which version of the Engine API to speak.

Source: Docker Engine API, "Versioned API and SDK": a client asks for the newest that both know.
"""

from __future__ import annotations

import re

from runtimes.core import errors

NEWEST = (1, 47)
"""The newest one whose answers were compared with `runtimes.core.docker.types`."""
OLDEST = (1, 24)


def choose(newest: str, oldest: str = "") -> str:
    """The version to speak with an Engine that knows `oldest` to `newest`.

    An Engine that no longer knows ours gets its own oldest: what it adds does no harm.

    Raises:
        Unimplemented: it knows only versions that are too old for us.
        Internal: it doesn't say which it knows.
    """
    top = _parse(newest)
    if top < OLDEST:
        raise errors.Unimplemented(
            f"speak to the Engine: its API {newest} is older than {_text(OLDEST)}; upgrade it"
        )
    bottom = _parse(oldest) if oldest else OLDEST
    return _text(max(min(top, NEWEST), bottom))


def _parse(version: str) -> tuple[int, int]:
    match = re.fullmatch(r"v?(\d+)\.(\d+)(?:\.\d+)*", version)
    if match is None:
        raise errors.Internal(f"speak to the Engine: it says its API version is {version!r}")
    return int(match[1]), int(match[2])


def _text(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))
