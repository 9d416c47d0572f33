"""JSON values one behind the other, as pulls and events come: cut anywhere, divided by any space.

Source: Docker Engine API, ImageCreate and SystemEvents.
"""

from __future__ import annotations

import codecs
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from codecs import IncrementalDecoder

MAX_VALUE = 1 << 20
_JSON = json.JSONDecoder()


def _utf8() -> IncrementalDecoder:
    return codecs.getincrementaldecoder("utf-8")(errors="replace")


@dataclass(slots=True)
class JsonLines:
    _decoder: IncrementalDecoder = field(default_factory=_utf8)
    _text: str = ""

    @property
    def inside(self) -> bool:
        """In the middle of a value."""
        return bool(self._text.strip())

    def feed(self, data: bytes) -> list[dict[str, object]]:
        """Take what came; give the objects that are complete.

        Raises:
            Internal: that isn't JSON.
        """
        self._text += self._decoder.decode(data)
        found: list[dict[str, object]] = []
        while text := self._text.lstrip():
            try:
                value, end = _JSON.raw_decode(text)
            except ValueError as error:
                if not text.startswith("{") or len(text) > MAX_VALUE:
                    raise errors.Internal(
                        f"read the Engine's messages: {text[:80]!r} isn't JSON"
                    ) from error
                break
            if not isinstance(value, dict):
                raise errors.Internal(f"read the Engine's messages: {value!r} isn't an object")
            found.append(value)
            self._text = text[end:]
        return found
