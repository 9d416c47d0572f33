"""JSON to typed values, from any number of threads.

msgspec works out what a type looks like when it is first asked for, and two threads that do so at a
time crash the process. Here one does it, once.
"""

from __future__ import annotations

import threading
from typing import Any, TypeVar

import msgspec

Kind = TypeVar("Kind")
_decoders: dict[type, msgspec.json.Decoder[Any]] = {}
_making = threading.Lock()


def decode(data: bytes | str | msgspec.Raw, kind: type[Kind]) -> Kind:
    """Read a value of that type.

    Raises:
        msgspec.DecodeError: it is none.
    """
    decoder = _decoders.get(kind)
    if decoder is None:
        with _making:
            decoder = _decoders.setdefault(kind, msgspec.json.Decoder(kind))
    found: Kind = decoder.decode(data)
    return found
