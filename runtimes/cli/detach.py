"""Ctrl-P Ctrl-Q: leave a container's terminal and let it go on, as Docker has it."""

from __future__ import annotations

KEYS = b"\x10\x11"


class Detached(Exception):
    """The user has pressed the keys."""


class DetachKeys:
    """Looks for the keys in what is typed; the first alone is held back until the next comes."""

    def __init__(self) -> None:
        self._held = b""

    def __call__(self, data: bytes) -> bytes:
        """Give what is to be passed on.

        Raises:
            Detached: the keys have been pressed.
        """
        data = self._held + data
        if KEYS in data:
            raise Detached
        self._held = KEYS[:1] if data.endswith(KEYS[:1]) else b""
        return data.removesuffix(self._held)
